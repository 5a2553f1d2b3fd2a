"""Suggestions for wrong names."""

from __future__ import annotations

from civis_nb.near_names import did_you_mean, nearest


def test_the_nearest_comes_first():
    assert nearest("post_sqll", ["post_r", "get_sql", "post_sql"])[0] == "post_sql"
    assert nearest("zzz", ["post_r"]) == []


def test_names_that_differ_in_case_alone_are_both_there():
    assert nearest("city", ["City", "CITY", "x"]) == ["City", "CITY"]
    assert nearest("city", ["City", "CITY"], 1) == ["City"]


def test_a_question_names_as_many_as_wanted():
    assert did_you_mean("cost", ["costs", "cost_b"], 1, shown=repr) == " Did you mean 'costs'?"
    assert did_you_mean("cost", ["costs", "cost_b"]) == " Did you mean costs or cost_b?"
    assert did_you_mean(7, ["77", "x"], 1) == " Did you mean 77?"
