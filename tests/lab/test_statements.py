"""One statement of a SQL cell, as a cell of its own."""

from __future__ import annotations

import pytest

from civis_nb.errors import CivisInputError
from civis_nb.lab.cells.statements import statement_at
from civis_nb.magics.sql import options as sql_options
from civis_nb.magics.sql.call import SqlCall

pytestmark = pytest.mark.exhaustive

CELL = """\
%%civis_sql df -d sample
-- how many
select count(*) from turnout; -- all of them
select 'a;b', $$;$$ from turnout
where state = :state;

-- the last one
/* of three */ select 3
"""


def at(cell, mark="¦", **more):
    """Return the statement at the mark of a cell."""
    return statement_at(cell.replace(mark, ""), cell.index(mark), "redshift", **more)


def cell_with_mark_before(text):
    place = CELL.index(text)
    return CELL[:place] + "¦" + CELL[place:]


@pytest.mark.parametrize(
    ("before", "number", "lines"),
    [
        ("%%civis", 1, (2, 3)), ("-- how", 1, (2, 3)), ("count", 1, (2, 3)),
        ("; -- all", 1, (2, 3)), ("all of", 1, (2, 3)), ("select 'a", 2, (4, 5)),
        ("b', $$", 2, (4, 5)), (":state", 2, (4, 5)), ("\n-- the last", 3, (7, 8)),
        ("-- the last", 3, (7, 8)), ("select 3", 3, (7, 8)),
    ],
)  # fmt: skip
def test_the_statement_at_a_place(before, number, lines):
    found = at(cell_with_mark_before(before))
    assert (found.number, found.count) == (number, 3)
    assert (found.first_line, found.last_line) == lines


def test_it_runs_on_its_own_lines_with_the_options_of_the_cell():
    found = at(cell_with_mark_before(":state"))
    assert found.code.split("\n") == [
        "%%civis_sql df -d sample", "", "", *CELL.split("\n")[3:5],
    ]  # fmt: skip


def test_it_runs_on_its_own_column():
    found = at("%%civis_sql\nselect 1; select ¦2")
    assert found.code == "%%civis_sql\n" + " " * len("select 1; ") + "select 2"


def test_a_backslash_in_a_text_is_as_the_database_reads_it():
    cell = "%%civis_sql\nselect '\\'; select 2¦"
    with_backslashes = statement_at(cell.replace("¦", ""), cell.index("¦"), "redshift")
    assert with_backslashes.count == 1
    assert statement_at(cell.replace("¦", ""), cell.index("¦"), "postgres").count == 2


def test_magics_of_ipython_stay_around_it():
    found = at("%%time\n%%civis_sql -d x\nselect 1;\nselect 2¦")
    assert found.code == "%%time\n%%civis_sql -d x\n\nselect 2"
    assert found.first_line == 4


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("%%civis_sql", "%%civis_sql --explain"),
        ("%%civis_sql df -d 'my db' --to a.b --if-exists drop -p x=1 --as=polars -q",
         "%%civis_sql -d 'my db' -p x=1 --explain"),
        ("%%civis_sql -dsample --jinja --bg", "%%civis_sql -dsample --jinja --explain"),
        ("%%civis_sql --ident t=a.b --database=x --no-run",
         "%%civis_sql --ident t=a.b --database=x --explain"),
        ("%%civis_sql -d x --explain", "%%civis_sql -d x --explain"),
        ("%%civisquery sample --as pandas", "%%civisquery sample --explain"),
    ],
)  # fmt: skip
def test_explaining_keeps_what_the_statement_is(line, wanted):
    found = at(line + "\nselect 1; select ¦2", explain=True)
    first, sql = found.code.split("\n", 1)
    assert first == wanted
    assert sql.strip() == "select 2"
    if first.startswith("%%civis_sql"):
        # The magic takes these options together.
        options = first.removeprefix("%%civis_sql")
        assert SqlCall.parse(sql_options.CELL, options, sql).explain


@pytest.mark.parametrize(
    "sql", ["insert into t values (1)", "WITH x AS (SELECT 1) SELECT 2", "(select 1)",
            "create table t as select 1", "explain select 1", "update t set a = 1"],
)  # fmt: skip
def test_statements_with_a_plan(sql):
    assert at(f"%%civis_sql\n¦{sql}", explain=True).code.endswith(sql)


@pytest.mark.parametrize("sql", ["vacuum t", "create table t (a int)", "copy t from 's3://b'"])
def test_statements_without_a_plan_are_named(sql):
    with pytest.raises(CivisInputError, match=f"statement 2 begins with {sql.split()[0].upper()}"):
        at(f"%%civis_sql\nselect 1;\n¦{sql}", explain=True)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("%%civis_sql¦", "no SQL"), ("%%civis_sql -f x.sql\n¦", "no SQL"), ("x = 1¦", "no SQL"),
        ("%%civis_sql\n-- nothing¦", "comments, and no statement"),
        ("%%civis_sql --jinja\n{% if a %}select 1;{% endif %} select ¦2", "blocks %} may reach"),
    ],
)  # fmt: skip
def test_cells_without_a_statement_are_refused(cell, reason):
    with pytest.raises(CivisInputError, match=reason):
        at(cell)
