"""The words that SQL cells colour and quote, compared with what the databases reserve."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from civis_nb.lab.names import sql_name
from tests.local.sql.postgres_server import NoServerError, programs, running

SOURCE = Path(__file__).parents[2] / "extension" / "src" / "cells" / "words.ts"
#: The language colours these without being told.
CONSTANTS = {"true", "false", "null"}


def coloured(dialect):
    """Return the words that the extension colours as reserved ones, and as types."""
    source = SOURCE.read_text("utf-8")
    texts = {
        name: "".join(re.findall(r"'([^']*)'", text))
        for name, text in re.findall(r"const ([A-Z]+) =([^;]*);", source)
    }
    part = re.search(rf"^  {dialect}: {{(.*?)^  }}", source, re.DOTALL | re.MULTILINE)
    assert part is not None
    words = {
        kind: "".join(
            texts.get(name) or text for name, text in re.findall(r"([A-Z]+)|'([^']*)'", of)
        )
        for kind, of in re.findall(r"^    (\w+):(.*?)(?:,$|\Z)", part[1], re.DOTALL | re.MULTILINE)
    }
    return set(words["reserved"].split()), set(words["types"].split())


def is_reserved_by_duckdb(word):
    try:
        duckdb.sql(f'select {word} from (select 1 as "{word}") t').fetchall()
    except duckdb.Error:
        return True
    return False


def test_words_that_redshift_reserves_are_coloured():
    from sqlglot.dialects.redshift import Redshift

    reserved, types = coloured("redshift")
    known = {word for entry in Redshift.Generator.RESERVED_KEYWORDS for word in entry.split()}
    # sqlglot has one that AWS's documentation has not.
    assert known - {"type"} - CONSTANTS - types == reserved - types


def test_words_that_duckdb_reserves_are_coloured_and_quoted():
    words = [one for (one,) in duckdb.sql("select keyword_name from duckdb_keywords()").fetchall()]
    found = {word for word in words if is_reserved_by_duckdb(word)} - CONSTANTS
    reserved, types = coloured("duckdb")
    assert found - types - reserved == set()
    assert [word for word in found if not sql_name(word).startswith('"')] == []


@pytest.mark.exhaustive
def test_words_that_postgres_reserves_are_coloured_and_quoted():
    try:
        programs()
    except NoServerError as error:
        pytest.skip(f"PostgreSQL's words can't be looked up here: {error}")
    with running() as server:
        select = "select word from pg_get_keywords() where catcode in ('R', 'T')"
        found = set(server.psql(select, "-At", check=True).stdout.split()) - CONSTANTS
    reserved, types = coloured("postgres")
    assert found - types - reserved == set()
    assert [word for word in found if not sql_name(word).startswith('"')] == []


@pytest.mark.parametrize("name", ["type", "state", "name", "date", "value", "status", "year"])
def test_common_names_of_columns_are_not_quoted(name):
    assert sql_name(name) == name
