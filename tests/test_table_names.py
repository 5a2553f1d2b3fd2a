"""Names of tables are split and quoted so that each comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.errors import CivisInputError
from civis_nb.table_names import qualified, quoted, quoted_table, split_schema_tablename


@pytest.mark.contract("C44")
@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_quoted_names_are_split_again(schema, table):
    name = qualified(schema, table)
    assert name == f"{quoted(schema)}.{quoted(table)}"
    assert split_schema_tablename(name) == (schema, table)
    assert quoted_table(name) == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ('"a.b" . "c d"', ("a.b", "c d")),
        (" public . people ", ("public", "people")),
        ("people", (None, "people")),
        ('"a.b"."c""d"', ("a.b", 'c"d')),
        ('s."T x"', ("s", "T x")),
    ],
)
def test_names_are_split_and_spaces_around_parts_do_not_count(name, parts):
    assert split_schema_tablename(name) == parts


@pytest.mark.parametrize(
    "name", ["", ".", "a.", ".a", "a.b.c", "a..b", '"a', 'a"b', '"".a', '"a"b.c', 7]
)
def test_other_names_are_refused(name):
    with pytest.raises(CivisInputError):
        split_schema_tablename(name)
