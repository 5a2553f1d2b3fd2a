"""What completes a SQL cell, on a local platform."""

from __future__ import annotations

import time

import pytest

import civis_nb
from civis_nb.errors import CivisMissingKeyError
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog, Column, Database, Table
from civis_nb.lab.cells.completion import Completer
from civis_nb.lab.cells.functions import functions
from civis_nb.lab.cells.magic_line import magic_at

pytestmark = pytest.mark.exhaustive


class Known(Catalog):
    """A catalog whose names are given."""

    def __init__(self, tables, columns=None, dialect="redshift"):
        super().__init__(Account(client=object()))
        self._given_tables, self._given_columns = tables, columns or {}
        self._given_databases = [Database(1, "main", dialect), Database(2, "my other", "postgres")]

    def databases(self, wait_s):
        return self._given_databases

    def database(self, name_or_id, wait_s):
        return next(one for one in self._given_databases if one.name == (name_or_id or "main"))

    def tables(self, database_id, wait_s):
        return self._given_tables

    def columns(self, table_id, wait_s):
        return self._given_columns.get(table_id, [])


CATALOG = Known(
    [
        Table(1, "public", "people"), Table(2, "sales", "Orders"), Table(3, "sales", "people"),
        Table(4, "sales", "daily", is_view=True),
    ],
    {
        1: [Column("id", "BIGINT"), Column("name", "VARCHAR", "Full name")],
        2: [Column("order id", "INT"), Column("person_id", "BIGINT"), Column("user")],
        3: [Column("sales_person", "VARCHAR")],
    },
)  # fmt: skip


def proposals(cell, catalog=CATALOG, **more):
    """Complete a cell at its mark ¦."""
    offset = cell.index("¦")
    return Completer(catalog).complete(cell.replace("¦", ""), offset, **more)


def written(sql, kinds=("column",), magic="%%civis_sql\n", **more):
    """Return what is written by the proposals of some kinds."""
    found = proposals(magic + sql, **more).items
    return [one.insert or one.label for one in found if one.kind in kinds]


COLUMNS = [
    ("select p.¦ from people p", ["id", "name"]),
    ("select p.¦ from public.people as p where p.id = 1", ["id", "name"]),
    ("select ¦ from people", ["id", "name"]),
    ("select people.¦ from people", ["id", "name"]),
    ("select public.people.¦ from public.people", ["id", "name"]),
    ("select * from sales.people where ¦", ["sales_person"]),
    ("select o.¦ from people p join sales.\"Orders\" o on o.person_id = p.id",
     ['"order id"', "person_id", '"user"']),
    ("select * from people p join sales.people s on s.¦", ["sales_person"]),
    ("select * from people p join sales.people s using (¦)", ["id", "name", "sales_person"]),
    ("select * from people p, sales.people s where s.¦", ["sales_person"]),
    ("with x as (select id as n, name from people) select x.¦ from x", ["n", "name"]),
    ("with x(a, b) as (select id, name from people) select y.¦ from x y", ["a", "b"]),
    ("with x as (select * from people), y as (select x.*, 1 as one from x) select ¦ from y",
     ["id", "name", "one"]),
    ("with x as (select ¦ from people) select 1", ["id", "name"]),
    ("select q.¦ from (select max(id) as most, p.name from people p group by 2) q",
     ["most", "name"]),
    ("select (select max(p.¦) from sales.people) from people p", ["id", "name"]),
    ("select 1 from people p where exists (select 1 from sales.people s where s.¦ = p.name)",
     ["sales_person"]),
    ("select id from people union select s.¦ from sales.people s", ["sales_person"]),
    ("select id from people p union select p.¦ from sales.people s", []),
    ("select 1; select p.¦ from people p; select 2", ["id", "name"]),
    ("select extract(year from ¦) from people", ["id", "name"]),
    ("select a is distinct from ¦ from people", ["id", "name"]),
    ("select count(distinct ¦) from people", ["id", "name"]),
    ("update people set ¦ = 1", ["id", "name"]),
    ("insert into people (¦)", ["id", "name"]),
    ("delete from people where ¦", ["id", "name"]),
    ("select na¦ from people", ["name"]),
    ("select 'p.¦' from people p", []),
    ("select 1 from people p -- p.¦", []),
    ("select 1 /* p.¦ */ from people p", []),
    ("select 1.¦ from people p", []),
    ("select * from nowhere n where n.¦", []),
    ("select * from people p where (p.id = 1 and (p.¦", ["id", "name"]),
    ("insert into people (id, ¦) select 1", ["name"]),
    ("update people set name = 'x', i¦", ["id"]),
    ("select name from people group by ¦", ["id", "name"]),
    ("select name from people order by ¦ desc limit 1", ["id", "name"]),
    ("select 1 from people p where p.id in (select ¦ from sales.people s)",
     ["sales_person", "id", "name"]),
    ("merge into people p using sales.people s on p.¦", ["id", "name"]),
    ("delete from people using sales.people s where s.¦", ["sales_person"]),
    # A quote that is typed already, whether or not it is closed.
    ('select o."¦ from sales."Orders" o', ['"order id"', '"person_id"', '"user"']),
    ('select "na¦" from people', ['"name"']),
    ('select o."or¦" from sales."Orders" o', ['"order id"']),
    ('select o."or¦ from sales."Orders" o', ['"order id"']),
    # A second magic in a cell is no statement of SQL, and disturbs nothing.
    ("select 1\n%%civis_sql\nselect ¦ from people", ["id", "name"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "wanted"), COLUMNS)
def test_columns_of_the_tables_in_sight(sql, wanted):
    assert written(sql) == wanted


TABLES = [
    ("select * from ¦", ["public.people", 'sales."Orders"', "sales.people", "sales.daily"]),
    ("select * from sales.¦", ['"Orders"', "people", "daily"]),
    ("select * from people p join sal¦", ['sales."Orders"', "sales.people", "sales.daily"]),
    ("select * from people p, peo¦", ["public.people", "sales.people"]),
    ("with mine as (select 1) select * from mi¦", ["mine"]),
    ("insert into da¦", ["sales.daily"]),
    ("select * from people where ¦", []),
    ('select * from "peo¦"', ['"public"."people"', '"sales"."people"']),
    ('select * from sales."da¦', ['"daily"']),
]


@pytest.mark.parametrize(("sql", "wanted"), TABLES)
def test_tables_where_a_table_is_named(sql, wanted):
    assert written(sql, ("table", "view")) == wanted


def test_variables_behind_a_colon_and_types_behind_two():
    variables = {"since": "date", "n": "int"}
    assert written("select :si¦", ("variable",), variables=variables) == ["since"]
    assert written("select :¦", ("variable",), variables=variables) == ["since", "n"]
    assert written("select a::¦", ("variable",), variables=variables) == []
    assert "integer" in written("select a::int¦", ("keyword",), variables=variables)


CASES = [
    ("SELECT * FROM people whe¦", ["where", "when"]),
    ("select * from people WHE¦", ["WHERE", "WHEN"]),
    ("select * from people W¦", ["WHERE"]),
    ("Select * From people W¦", ["Where"]),
    ("Select * From people Whe¦", ["Where", "When"]),
    ("select * from people ¦", ["where"]),
    ("SELECT * FROM people ¦", ["WHERE"]),
    ("¦", ["SELECT"]),
    ("¦; select 1", ["select"]),
    ("SEL¦", ["SELECT"]),
    ("sel¦", ["select"]),
]


@pytest.mark.parametrize(("sql", "wanted"), CASES)
def test_keywords_are_written_as_the_user_writes_them(sql, wanted):
    assert written(sql, ("keyword",))[: len(wanted)] == wanted


def test_functions_are_written_as_the_user_writes_them():
    assert written("SELECT COALE¦ from people", ("function",)) == ["COALESCE("]
    assert written("SELECT coale¦ from people", ("function",)) == ["coalesce("]


def test_what_is_typed_in_quotes_is_a_name():
    assert written('select "¦" from people p', ("keyword", "function", "alias")) == ['"p"']


def test_functions_are_those_of_the_dialect():
    assert written("select dated¦", ("function",)) == ["datediff("]
    assert written("select dated¦", ("function",), magic="%%civis_sql -d 'my other'\n") == []
    assert all(f.documentation.startswith("Returns ") for f in functions("duckdb"))


LINES = [
    ("%%civis_sql --as p¦", ["pandas", "polars"]),
    ("%%civis_sql --as=p¦", ["pandas", "polars"]),
    ("%%civis_sql --dat¦", ["--database"]),
    ("%%civis_sql df -d ¦", ["main", '"my other"']),
    ("%%civis_sql -d \"my¦", ['"my other"']),
    ("%%civisquery m¦", ["main", '"my other"']),
    ("%%civis_sql --as pandas --a¦", ["--again"]),
    ("%%civis_sql¦", []),
    ("%%civis_sql df¦", []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_options_and_values_of_the_magic(line, wanted):
    assert written(line, ("option", "value", "database"), magic="") == wanted
    assert written(f"{line}\nselect 1", ("option", "value", "database"), magic="") == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("%%civis_sql -d x", "x"), ("%%civis_sql df --database='a b' -q", "a b"),
        ("%%civis_sql -dx", "x"), ("%%civis_sql df", None), ("%%civisquery x --as pandas", "x"),
        ("%%civis_sql -d", None), ("x = 1", None),
    ],
)  # fmt: skip
def test_the_database_of_a_cell(line, wanted):
    magic = magic_at(line, len(line))
    assert (magic.database if magic else None) == wanted


def test_lines_of_python_are_completed_where_they_run_sql():
    assert written("x = 1\ny = %civis_sql select p.¦ from people p\nz", magic="") == ["id", "name"]
    options = written("%civis_sql --as p¦", ("value",), magic="")
    assert options == ["pandas", "polars"]
    assert proposals("x.¦\ny = %civis_sql select 1 from people").items == []


def test_other_cells_are_left_alone():
    assert proposals("%%bash\necho ¦").items == []
    assert proposals("%%civis_sqlx\nselect ¦").items == []


def test_every_place_of_odd_texts_has_an_answer():
    for sql in (
        "with a as (select 'x' from (select 1", "select ((((", "))) from", "from . . from a.b.c.d",
        'select "', "select $$ x", "with with as as", "select 1 from , , a", "-- x", "/* x", ";;",
        "select * from (a join b on (a.x = b.y)) where a.", "with recursive", "insert into (",
        "select \U0001f600 from people p where p.",
    ):  # fmt: skip
        for offset in range(len(sql) + 1):
            cell = "%%civis_sql\n" + sql
            Completer(CATALOG).complete(cell, len("%%civis_sql\n") + offset)


def test_a_recursive_cte_ends():
    sql = "with recursive x as (select 1 as n union all select * from x) select x.¦ from x"
    assert written(sql) == ["n"]


def test_names_that_are_missing_have_a_reason(monkeypatch):
    class WithoutKey(Known):
        def database(self, name_or_id, wait_s):
            raise CivisMissingKeyError("There is no API key.")

    found = proposals("%%civis_sql\nselect dated¦", WithoutKey([]))
    assert [one.label for one in found.items] == ["datediff"]
    assert found.problem == "There is no API key."


def test_completion_with_the_names_of_a_platform():
    with civis_nb.local.start() as platform:
        catalog = Catalog(Account(platform.client()))
        deadline = time.monotonic() + 20
        while not catalog.databases(wait_s=20):
            assert time.monotonic() < deadline
        catalog.tables(catalog.databases(20)[0].id, wait_s=20)
        found = proposals("%%civis_sql\nselect t.st¦ from turnout t", catalog)
        assert (found.items[0].label, found.items[0].detail) == ("state", "varchar · t")
        assert found.problem == ""
