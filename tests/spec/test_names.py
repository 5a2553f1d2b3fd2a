"""Names: paths to methods, camelCase to snake_case."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.spec.names import (
    argument_name,
    camel_to_snake,
    is_list_operation,
    method_name,
    resource_name,
    snake_to_camel,
)

WORDS = st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=5)


@pytest.mark.contract("C20")
@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("CAMELCase", "camel_case"),
        ("CamelCase", "camel_case"),
        ("c__amel", "c__amel"),
        ("provideAPIKey", "provide_api_key"),
        ("limitingSQL", "limiting_sql"),
        ("aiSQLAssistDisabled", "ai_sql_assist_disabled"),
        ("csvS3Uri", "csv_s3_uri"),
        ("source1JoinCol", "source1_join_col"),
        ("sortkey1", "sortkey1"),
        ("credentialID", "credential_id"),
        ("", ""),
    ],
)
def test_camel_to_snake_at_the_corners(camel, snake):
    assert camel_to_snake(camel) == snake


@given(WORDS)
def test_camel_case_words_come_back_as_snake_case(words):
    snake = "_".join(words)
    assert camel_to_snake(snake_to_camel(snake)) == snake


@given(st.text())
def test_camel_to_snake_is_stable_and_keeps_the_letters(word):
    snake = camel_to_snake(word)
    assert camel_to_snake(snake) == camel_to_snake(snake.lower())
    assert snake.replace("_", "") == word.replace("_", "").lower()


@given(st.text())
def test_argument_names_can_be_arguments(name):
    made = argument_name(name)
    if made.isascii():
        assert re.fullmatch(r"\w+", made)
    assert made.isidentifier() or not made.isascii()
    assert not keyword.iskeyword(made)


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("verb", "path", "array", "name"),
    [
        ("POST", "/imports/files/csv", False, "post_files_csv"),
        ("GET", "/databases/{id}/whitelist-ips", True, "list_whitelist_ips"),
        ("GET", "/aliases/{object_type}/{alias}", False, "get_object_type"),
        (
            "GET",
            "/databases/{id}/table_privileges/{schema_name}/{table_name}",
            False,
            "get_table_privileges_schema_name",
        ),
        ("GET", "/workflows/{id}", False, "get"),
        ("GET", "/workflows/", True, "list"),
        ("POST", "/queries/", False, "post"),
        ("GET", "/users/me", False, "get_me"),
        ("GET", "/things/{id}", True, "get"),
        ("GET", "/workflows/{id}/git/commits", False, "list_git_commits"),
        ("POST", "/workflows/{id}/git/commits", False, "post_git_commits"),
    ],
)
def test_method_names(verb, path, array, name):
    assert method_name(verb, path, array) == name


def test_resource_names():
    assert resource_name("/git-repos/{id}") == "git_repos"
    assert resource_name("/") == ""
    assert not is_list_operation("GET", "/", True)
