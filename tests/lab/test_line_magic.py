"""What the extension knows of the magic by itself, compared with the magic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from civis_nb.lab.cells.magic_line import magic_at, magic_of
from civis_nb.magics.sql import options as sql_options

SOURCE = Path(__file__).parents[2] / "extension" / "src" / "cells" / "magic.ts"


def test_the_extension_knows_which_options_take_a_value():
    found = re.search(r"WITH_VALUE = new Set\((.*?)\);", SOURCE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    known = re.findall(r"--?[a-z-]+", found[1].replace("' +", ""))
    assert sorted(known) == sorted(
        flag
        for option in sql_options.LINE.options
        if option.metavar is not None
        for flag in option.flags
    )


@pytest.mark.parametrize(
    ("cell", "database", "sql"),
    [
        ("%civis_sql select 1¦", None, "select 1"),
        ("x = 1\nrows[0].n = %civis_sql -d 'a b' --quiet select 1¦\ny", "a b", "select 1"),
        ("%civis_sql --max-rows 5 -n=3 select¦ 1", None, "select 1"),
        ("%civisquery sample select -1¦", "sample", "select -1"),
        ("%civis_sql ¦", None, ""),
        ("%%time\n%%civis_sql -d x\nselect 1¦", "x", "select 1"),
    ],
)
def test_the_sql_of_a_magic(cell, database, sql):
    magic = magic_at(cell.replace("¦", ""), cell.index("¦"))
    assert magic is not None
    assert (magic.database, magic.sql) == (database, sql)


@pytest.mark.parametrize(
    "cell",
    ["x = 1¦", "%civis¦_sql select 1", "x = 1¦\n%civis_sql select 1", "# %civis_sql s¦", "%sql s¦"],
)
def test_other_places_have_none(cell):
    assert magic_at(cell.replace("¦", ""), cell.index("¦")) is None


def test_a_backslash_joins_lines_as_in_ipython():
    cell = "df = %civis_sql -d \\\n  sample \\\n select nam\nx = 1"
    at = cell.index("nam") + 3
    magic = magic_at(cell, at)
    assert magic.database == "sample"
    assert cell[magic.sql_start :].startswith("select nam")
    assert magic.sql.endswith("nam")
    assert magic_at(cell, len(cell)) is None
    joined = TransformerManager().transform_cell(cell)
    assert " ".join(joined.partition("'civis_sql', '")[2].split()).startswith(
        "-d sample select nam')"
    )


def test_options_that_are_being_written_are_not_sql():
    for line in (
        "%civis_sql -",
        "%civis_sql --da",
        "%civis_sql -d",
        "%civis_sql -d ",
        "%civis_sql",
    ):
        magic = magic_at(f"{line}", len(line))
        assert magic is None or magic.sql_start is None, line
    assert magic_of("%%bash\n%%civis_sql") is None
