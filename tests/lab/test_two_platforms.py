"""A switch of the platform while something is under way: what was begun keeps to its own."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from importlib.resources import files

import pytest

import civis_nb
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.data.uploads import Uploads
from civis_nb.lab.events import Feeds
from civis_nb.lab.feeds import Seen
from civis_nb.lab.files.panel import Files
from civis_nb.lab.jobs.panel import Jobs
from civis_nb.lab.platform import Choice, LocalPlatform
from tests.lab.test_jobs import script
from tests.scripted_server import Reply, ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))


@pytest.fixture
def use(monkeypatch):
    """Return a function that has the settings name a platform, by its address and key."""
    for name in ("CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)

    def use(endpoint, key):
        monkeypatch.setenv("CIVIS_API_ENDPOINT", endpoint)
        monkeypatch.setenv("CIVIS_API_KEY", key)

    return use


@pytest.fixture(scope="module")
def platforms():
    with (
        civis_nb.local.start(samples=False) as one,
        civis_nb.local.start(samples=False) as other,
    ):
        yield one, other


@contextmanager
def held():
    """Start a platform whose first list of databases comes when the event that is given is set."""
    platform, gate = ScriptedServer(), threading.Event()

    def databases(_seen):
        gate.wait(30)
        return Reply([{"id": 7, "name": "of the first", "adapter": "postgresql"}])

    platform.on("GET", "/endpoints", SPEC)
    platform.on("GET", "/databases", databases)
    try:
        yield platform, gate
    finally:
        gate.set()
        platform.close()


def test_names_that_are_loaded_after_a_switch_are_those_of_their_platform(use, platforms):
    catalog = Catalog(Account())
    with held() as (first, gate):
        use(first.url, "k")
        with pytest.raises(TimeoutError):
            catalog.databases(0)
        until(lambda: first.seen("GET", "/databases"), "the first load")
        # This one begins when the first has ended: after the switch.
        catalog.forget()
        with pytest.raises(TimeoutError):
            catalog.databases(0)
        use(platforms[0].endpoint, platforms[0].api_key)
        gate.set()
        assert [one.name for one in catalog.databases(30)] == ["sample"]
        use(first.url, "k")
        assert [one.name for one in catalog.databases(30)] == ["of the first"]
        assert len(first.seen("GET", "/databases")) == 2


def test_a_feed_reads_the_jobs_of_its_own_platform_after_a_switch(use, platforms):
    names = "of the first", "of the second"
    for platform, name in zip(platforms, names, strict=True):
        script(platform.client(), "true", name=name)
    account = Account()
    feeds = Feeds(account, Jobs(account), Choice(account, Catalog(account), LocalPlatform()))

    def told(feed):
        version = feed.version
        feed.add(ignored)
        until(lambda: feed.version > version, "news")
        feed.remove(ignored)
        return {job["name"] for job in feed.message(Seen())["jobs"]}

    def ignored():
        """Take news that nobody needs."""

    use(platforms[0].endpoint, platforms[0].api_key)
    feed = feeds.find("jobs:mine")
    assert told(feed) == {"of the first"}
    use(platforms[1].endpoint, platforms[1].api_key)
    script(platforms[0].client(), "true", name="a later one")
    assert told(feed) == {"of the first", "a later one"}
    assert told(feeds.find("jobs:mine")) == {"of the second"}


def test_a_connection_keeps_to_its_platform_and_tells_no_key(use, platforms):
    account = Account()
    use(platforms[0].endpoint, platforms[0].api_key)
    first = account.connection()
    use(platforms[1].endpoint, platforms[1].api_key)
    assert account.connection() != first
    assert first.client().base_url.startswith(platforms[0].endpoint)
    assert account.client().base_url.startswith(platforms[1].endpoint)
    assert platforms[0].api_key not in repr(first)


def test_a_platform_that_hangs_does_not_hold_up_the_files_of_another(
    use, platforms, tmp_path, monkeypatch
):
    monkeypatch.setenv("CIVIS_NB_HISTORY_DIR", str(tmp_path))
    files = Files(Account())
    with held() as (first, gate):
        first.on("GET", "/users/me", lambda _seen: (gate.wait(60), Reply({"id": 3}))[1])
        # Not written as local platforms are: its files are remembered by the user.
        use(first.url.replace("127.0.0.1", "127.1"), "k")
        asked = threading.Thread(target=files.own, daemon=True)
        asked.start()
        until(lambda: first.seen("GET", "/users/me"), "the question for the user")
        use(platforms[0].endpoint, platforms[0].api_key)
        found = []
        other = threading.Thread(target=lambda: found.append(files.own()), daemon=True)
        other.start()
        other.join(30)
        assert found == [[]]
        assert asked.is_alive()
        gate.set()
        asked.join(30)


def test_an_upload_keeps_to_the_platform_that_it_was_begun_for(use, platforms):
    account = Account()
    uploads = Uploads(account, Catalog(account))
    content = b"id,name\n1,a\n2,b\n"
    use(platforms[0].endpoint, platforms[0].api_key)
    upload = uploads.get(uploads.begin("people.csv", len(content))["id"])
    upload.append(0, content)
    use(platforms[1].endpoint, platforms[1].api_key)
    upload.detect(None, "")
    until(lambda: upload.state()["state"] != "detecting", "the columns")
    found = upload.state()
    assert (found["state"], found["problem"]) == ("detected", "")
    [database] = platforms[0].client().databases.list()
    upload.load(database.id, "public", "people", "fail", found["columns"], lambda: None)
    until(lambda: upload.state()["state"] != "importing", "the import")
    assert (upload.state()["state"], upload.state()["rows"]) == ("done", 2)
    names = [
        [table.name for table in one.client().tables.list(database_id=database.id)]
        for one in platforms
    ]
    assert names == [["people"], []]


def test_a_page_knows_a_platform_by_a_name_that_tells_no_key(use, platforms):
    account, names = Account(), []
    for platform in platforms:
        use(platform.endpoint, platform.api_key)
        names.append(account.platform_id())
        assert account.platform_id() == Account().platform_id() == names[-1]
        key_hash = hashlib.sha256(platform.api_key.encode()).hexdigest()
        assert names[-1] not in platform.api_key + key_hash
    use("", "")
    assert len({*names, account.platform_id()}) == 3
