"""The log of a run as lines: what was written over, colours, secrets, searching."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.display.ansi import PLAIN, css, styled_parts
from civis_nb.display.log_lines import LogLine, RunLog


def entry(message, level="info"):
    return {"message": message, "level": level}


def texts(log):
    return [line.text for line in log.lines(0, log.total)]


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        (["10%\r", "20%\r", "100%", "done"], ["100%", "done"]),
        (["loading", "\r 0%", "\r50%", "\r100%", "done"], ["loading", "100%", "done"]),
        (["10%\r20%\r30%"], ["30%"]),
        (["a\r\nb\r\n", "c"], ["a", "b", "c"]),
        (["x\r", "\ny"], ["x", "y"]),
        ([""], [""]),
        (["  1%\r 50%\r100%\r\nnext\r\n"], ["100%", "next"]),
    ],
)
def test_a_line_that_is_written_over_stays_one(messages, shown):
    log = RunLog()
    log.add(entry(one) for one in messages)
    assert texts(log) == shown


def test_the_same_lines_come_of_entries_in_any_portions():
    messages = [entry(one) for one in ("a", "1%\r", "2%\r", "3%", "b", "\r1", "\r2", "c")]
    together, apart = RunLog(), RunLog()
    together.add(messages)
    for one in messages:
        apart.add([one])
    assert texts(together) == texts(apart) == ["a", "3%", "b", "2", "c"]


def test_one_stream_does_not_write_over_the_other():
    log = RunLog()
    log.add([entry("1%\r", "error"), entry("hello"), entry("2%\r", "error"), entry("3%", "error")])
    assert texts(log) == ["1%", "hello", "3%"]


def test_only_the_last_line_may_still_change():
    log = RunLog()
    log.add([entry("a"), entry("1%\r")])
    assert (log.settled, log.total) == (1, 2)
    log.add([entry("2%")])
    assert (log.settled, log.total) == (2, 2)


@given(st.lists(st.text(alphabet="ab\r\n", max_size=6), max_size=12))
def test_lines_that_are_settled_never_change(messages):
    log = RunLog()
    settled: list[LogLine] = []
    for message in messages:
        log.add([entry(message)])
        assert log.lines(0, len(settled)) == settled
        settled = log.lines(0, log.settled)


def test_old_lines_give_way_and_keep_their_numbers():
    log = RunLog(keep=100)
    log.add(entry(f"line {number}") for number in range(1000))
    assert log.total == 1000
    assert 890 <= log.first <= 900
    assert [line.text for line in log.lines(0, 1000)] == [
        f"line {number}" for number in range(log.first, 1000)
    ]
    assert [line.text for line in log.lines(995, 2000)] == [f"line {n}" for n in range(995, 1000)]
    assert log.find("line 99") == list(range(990, 1000))
    assert log.find("line", start=998) == [998, 999]


def test_text_and_level_find_lines():
    log = RunLog()
    log.add(
        [entry("Start"), entry("STOP", "error"), entry("stop", "odd"), entry("stop", "debug"),
         entry("stop", "fatal")]
    )  # fmt: skip
    assert log.find("stop") == [1, 2, 3, 4]
    assert log.find("stop", "info") == [1, 2, 4]
    assert log.find(level="error") == [1, 4]


# -- colours ----------------------------------------------------------------------------------


def test_colours_become_styles_and_other_codes_vanish():
    log = RunLog()
    log.add([entry("\x1b]0;title\x07a \x1b[1;31mred\x1b[0m \x1b[2Kz")])
    (line,) = log.lines(0, 1)
    assert line.text == "a red z"
    assert [(text, bool(look)) for text, look in line.parts] == [
        ("a ", False), ("red", True), (" z", False),
    ]  # fmt: skip
    assert "font-weight:bold" in line.parts[1][1]


def test_a_colour_goes_on_over_lines_until_it_ends():
    log = RunLog()
    log.add([entry("\x1b[31mone\ntwo"), entry("three\x1b[0m"), entry("four")])
    assert [bool(line.parts) for line in log.lines(0, 4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("code", "looks"),
    [
        ("38;5;196", "#ff0000"), ("38;5;244", "#808080"), ("38;2;1;2;3", "#010203"),
        ("38:2:1:2:3", "#010203"), ("91", "#d32f2f"), ("48;5;21", "background"), ("3", "italic"),
        ("4", "underline"),
    ],
)  # fmt: skip
def test_codes_of_colours(code, looks):
    ((_, style),), _after = styled_parts(f"\x1b[{code}mx")
    assert looks in css(style)


@pytest.mark.parametrize("code", ["0", "", "39", "22", "38", "38;5", "999", "1;0", "31;39"])
def test_codes_that_leave_text_plain(code):
    ((_, style),), _after = styled_parts(f"\x1b[{code}mx")
    assert style == PLAIN


def test_secrets_and_unseen_characters_do_not_come_through_colours():
    log = RunLog()
    log.add([entry("https://a.test/?Signature=\x1b[1mabc\x1b[0m"), entry("\x1b[1ma\u202eb\x1b[0m")])
    first, second = log.lines(0, 2)
    assert "abc" not in first.text
    assert first.parts == ()
    assert second.text == "a\\u202eb"


def test_a_line_of_many_colours_is_no_hundred_times_as_long():
    log = RunLog()
    log.add([entry("\x1b[31ma\x1b[0m" * 1000), entry("".join(f"\x1b[3{n % 7 + 1}m{n % 10}"
            for n in range(1000)))])  # fmt: skip
    same, each = log.lines(0, 2)
    assert [text for text, _ in same.parts] == ["a" * 1000]
    assert len(each.parts) == 101
    assert each.parts[-1][1] == ""
    assert "".join(text for text, _ in each.parts) == each.text == "0123456789" * 100


def test_long_lines_are_cut():
    log = RunLog()
    log.add([entry("x" * 5000), entry("\x1b[1m" + "x" * 1500 + "\x1b[0m" + "y" * 1500)])
    assert [len(line.text) for line in log.lines(0, 2)] == [2000, 2000]
    assert all(line.text.endswith("…") for line in log.lines(0, 2))
