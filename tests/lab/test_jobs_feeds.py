"""What is read for pages that listen: when, how often, and what becomes of faults."""

from __future__ import annotations

import gc
import json
import threading
import tracemalloc

import pytest

import civis_nb
from civis_nb.errors import CivisConnectionError
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.events import Feeds
from civis_nb.lab.feeds import Feed, Seen
from civis_nb.lab.jobs.panel import Jobs, JobsFeed
from civis_nb.lab.jobs.runs import RunFeed
from civis_nb.lab.platform import Choice, LocalPlatform
from civis_nb.utils import run_job
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive


class Counter(Feed):
    """A feed that counts its reads; each is news where `every` is 1."""

    least_wait_s = 0.0
    most_wait_s = 0.01

    def __init__(self, every=1):
        super().__init__()
        self.reads = 0
        self.error = None
        self._every = every
        self.pause = threading.Event()
        self.pause.set()

    def read(self):
        self.pause.wait(60)
        self.reads += 1
        if self.error:
            raise self.error
        return self.reads % self._every == 0

    def content(self, seen):
        return {"reads": self.reads}


def heard(feed):
    news = threading.Event()
    feed.add(news.set)
    return news.set, news


def test_nothing_is_read_while_nobody_listens():
    feed = Counter()
    one, _ = heard(feed)
    other, _ = heard(feed)
    until(lambda: feed.reads > 3, "some reads")
    feed.remove(one)
    until(lambda reads=feed.reads: feed.reads > reads + 3, "more reads for the other one")
    feed.remove(other)
    until(lambda: feed._thread is None, "the end of the thread")
    reads = feed.reads
    feed.read_now()
    assert feed._thread is None
    assert feed.reads == reads
    again, _ = heard(feed)
    until(lambda: feed.reads > reads, "reads for who came later")
    feed.remove(again)


def test_a_hundred_pages_cost_as_many_reads_as_one():
    feed = Counter(every=10**9)
    feed.pause.clear()
    before = set(threading.enumerate())
    listeners = [heard(feed)[0] for _ in range(100)]
    begun = set(threading.enumerate()) - before
    assert [one.name for one in begun] == ["civis-feed"]
    feed.pause.set()
    for listener in listeners:
        feed.remove(listener)


def test_what_was_done_is_seen_at_once():
    feed = Counter()
    feed.least_wait_s = feed.most_wait_s = 600.0
    listener, _ = heard(feed)
    until(lambda: feed.reads == 1, "the first read")
    feed.read_now()
    until(lambda: feed.reads == 2, "the read after an action")
    feed.remove(listener)


def test_the_shortest_wait_of_all_pages_counts():
    feed = Counter()
    patient = threading.Event().set
    feed.add(patient, 600.0)
    until(lambda: feed.reads == 1, "the first read")
    assert feed._wait_s() == 600.0
    hasty, _ = heard(feed)
    until(lambda: feed.reads > 4, "reads for the other page")
    feed.remove(hasty)
    assert feed._wait_s() == 600.0
    feed.error = CivisConnectionError("No answer from the platform.")
    feed.read_now()
    until(lambda: feed.problem, "the failed read")
    assert feed._wait_s() == 600.0
    feed.remove(patient)


def test_a_problem_is_told_once_and_its_end_too():
    feed = Counter(every=10**9)
    listener, news = heard(feed)
    seen = Seen()
    assert until(lambda: feed.message(seen), "the first answer")["problem"] == ""
    assert feed.message(seen) is None
    feed.error = CivisConnectionError("No answer from the platform.")
    feed.read_now()
    found = until(lambda: feed.message(seen), "the problem")
    assert found["problem"] == "No answer from the platform."
    assert feed.message(seen) is None
    feed.error = ValueError("odd")
    feed.read_now()
    assert "ValueError" in until(lambda: feed.message(seen), "the other problem")["problem"]
    feed.error = None
    feed.read_now()
    assert until(lambda: feed.message(seen), "the end of the problem")["problem"] == ""
    assert news.is_set()
    feed.remove(listener)


def test_a_platform_that_does_not_answer_is_a_problem(monkeypatch):
    monkeypatch.setattr("civis_nb.lab.feeds._FIRST_ANSWER_S", 0.0)
    feed = Counter()
    feed.pause.clear()
    listener, _ = heard(feed)
    found = until(lambda: feed.message(Seen()), "what is said of it")
    assert "has not answered" in found["problem"]
    feed.pause.set()
    until(lambda: feed.message(Seen())["problem"] == "", "its end")
    feed.remove(listener)


def test_a_platform_that_is_restarted_is_read_again(tmp_path):
    platform = civis_nb.local.start(tmp_path / "state", samples=False)
    port = int(platform.endpoint.rsplit(":", 1)[1])
    client = platform.client()
    job = client.scripts.post_containers(
        name="stays", docker_command="true", docker_image_name="civis",
        required_resources={"cpu": 256, "memory": 128},
    )  # fmt: skip
    account = Account(client)
    feed = JobsFeed(Jobs(account), "mine")
    feed.least_wait_s, feed.most_wait_s = 0.05, 0.2
    listener, _ = heard(feed)
    seen = Seen()
    assert until(lambda: feed.message(seen), "the jobs")["jobs"][0]["id"] == job.id
    platform.stop()
    try:
        found = until(lambda: feed.message(seen), "the problem", 90)
        assert found["problem"]
        assert found["jobs"][0]["id"] == job.id
        platform = civis_nb.local.start(tmp_path / "state", samples=False, port=port)
        until(lambda: (new := feed.message(seen)) and not new["problem"], "the jobs again", 90)
    finally:
        feed.remove(listener)
        platform.stop()


@pytest.mark.parametrize("error", [None, CivisConnectionError("No answer from the platform.")])
def test_a_page_is_told_that_a_log_was_not_read_to_its_end(monkeypatch, error):
    with civis_nb.local.start(samples=False) as platform:
        client = platform.client()
        job = client.scripts.post_python3(name="one", source="print(1)")
        run = run_job(job.id, client=client)
        run.result(120)
        feed = RunFeed(client, job.id, run.run_id)

        def read_now():
            if error:
                raise error
            return False

        monkeypatch.setattr(feed._log, "read_now", read_now)
        seen = Seen()
        feed._read_once()
        feed.message(seen)
        assert not feed.ended
        monkeypatch.setattr("civis_nb.lab.jobs.runs.LOG_LAG_S", 0.0)
        assert not feed.ended  # but by a read, of which pages are told
        feed._read_once()
        assert feed.ended
        told = feed.message(seen)
    assert "The log could not be read to its end" in json.dumps(told)
    assert ("No answer from the platform" in json.dumps(told)) is bool(error)


class Recorded(Jobs):
    """Jobs that change with each read, without a platform."""

    def __init__(self):
        super().__init__(Account(client=object()))
        self._reads = 0

    def recent(self, scope, connection=None):
        self._reads += 1
        rows = [{"id": number, "name": f"job {number}" * 5} for number in range(50)]
        rows[0]["state"] = f"read {self._reads}"
        return rows, (900, 1000)


def growth(feed, warm, reads):
    """Return by how many bytes the memory in use has grown over so many reads."""

    def read(times):
        seen = Seen()
        for _ in range(times):
            feed._read_once()
            feed.message(seen)

    tracemalloc.start()
    read(warm)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    read(reads)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def test_memory_stays_flat_over_hours_of_news():
    assert growth(JobsFeed(Recorded(), "mine"), 50, 5000) < 50_000


@pytest.mark.slow
def test_memory_stays_flat_over_an_hour_of_reads_of_a_platform():
    with civis_nb.local.start(samples=False) as platform:
        client = platform.client()
        for number in range(60):
            client.scripts.post_containers(
                name=f"job {number}", docker_command="true", docker_image_name="civis",
                required_resources={"cpu": 256, "memory": 128},
            )  # fmt: skip
        assert growth(JobsFeed(Jobs(Account(client)), "mine"), 200, 1200) < 200_000


def test_feeds_that_nobody_hears_are_few():
    account = Account(client=object())
    feeds = Feeds(account, Jobs(account), Choice(account, Catalog(account), LocalPlatform()))
    for number in range(100):
        assert feeds.find(f"run:{number}:1") is feeds.find(f"run:{number}:1")
    assert len(feeds._feeds) < 20
