"""The order in which runs of several users get workers."""

from __future__ import annotations

import threading

from civis_nb.local.runs.fair_queue import FairQueue


def _taken(queue, count):
    return [queue.get() for _ in range(count)]


def test_a_single_run_is_next_however_many_another_user_has():
    queue = FairQueue()
    for run_id in range(500):
        queue.put(1, run_id)
    assert _taken(queue, 3) == [0, 1, 2]
    queue.put(2, 1000)
    assert _taken(queue, 2) == [3, 1000]
    assert _taken(queue, 496) == list(range(4, 500))


def test_users_take_turns_and_their_runs_keep_their_order():
    queue = FairQueue()
    for user_id in (1, 2, 3):
        for number in range(3):
            queue.put(user_id, 10 * user_id + number)
    assert _taken(queue, 9) == [10, 20, 30, 11, 21, 31, 12, 22, 32]


def test_a_user_who_comes_again_is_behind_those_who_wait():
    queue = FairQueue()
    queue.put(1, 10)
    assert queue.get() == 10
    queue.put(2, 20)
    queue.put(1, 11)
    queue.put(2, 21)
    assert _taken(queue, 3) == [20, 11, 21]


def test_closing_lets_what_waits_be_taken_and_then_wakes_all():
    queue = FairQueue()
    queue.put(1, 10)
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(queue.get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    queue.close()
    for thread in threads:
        thread.join(10)
    assert sorted(taken, key=str) == [10, None, None]
    assert queue.get() is None
