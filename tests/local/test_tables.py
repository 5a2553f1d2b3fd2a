"""Schemas, tables, columns and their statistics."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local import catalog, start
from civis_nb.local.store import Store
from civis_nb.local.store.first_user import first_key
from civis_nb.local.warehouse.base import TableInfo, ignore_log

pytestmark = pytest.mark.exhaustive

_MAKE = """
CREATE TABLE public.find_it (a INTEGER, b VARCHAR(20), c DOUBLE PRECISION);
INSERT INTO public.find_it VALUES (1, 'x', 0.5), (2, 'x', 1.5), (3, NULL, NULL);
CREATE TABLE public.findings (a INTEGER);
CREATE VIEW public.seen AS SELECT a FROM public.find_it;
CREATE SCHEMA other;
CREATE TABLE other.find_it (z BOOLEAN);
"""


def _sql(platform, sql: str) -> None:
    platform._context.warehouses.get(1).preview(sql, 1, CancelToken(), ignore_log)


@pytest.fixture(scope="module")
def tables(http_of) -> Iterator:
    with start(samples=False) as platform:
        _sql(platform, _MAKE)
        http = http_of(platform)
        http.platform = platform
        yield http


def _names(found: list[dict]) -> list[str]:
    return [f"{table['schema']}.{table['name']}" for table in found]


def test_schemas_and_their_tables(tables):
    assert tables.json("GET", "/databases/1/schemas") == [{"schema": "other"}, {"schema": "public"}]
    assert tables.json("GET", "/databases/1/schemas?name=UB") == [{"schema": "public"}]
    found = tables.json("GET", "/databases/1/schemas/public/tables")
    assert [(t["name"], t["isView"], t["databaseId"]) for t in found] == [
        ("find_it", False, 1),
        ("findings", False, 1),
        ("seen", True, 1),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/databases/9/schemas",
        "/databases/1/schemas/nowhere/tables",
        "/databases/1/schemas/public/tables/nothing",
        "/databases/9/schemas/public/tables/find_it",
        "/tables?database_id=9",
        "/tables/999",
        "/tables/999/columns",
    ],
)
def test_what_is_not_there_is_404(tables, path):
    answer = tables("GET", path)
    assert answer.status_code == 404
    assert "could not be found" in answer.json()["errorDescription"]


@pytest.mark.contract("S68")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["other.find_it", "public.find_it", "public.findings", "public.seen"]),
        ("name=find%25&schema=public", ["public.find_it", "public.findings"]),
        ("name=find*&schema=public", ["public.find_it", "public.findings"]),
        ("name=find_it", ["other.find_it", "public.find_it"]),
        ("name=find", []),
        ("name=*ING*", ["public.findings"]),
        ("schema=other", ["other.find_it"]),
        ("search=c.find", ["public.find_it", "public.findings"]),
        ("search=C.FIND_", ["public.find_it"]),
        ("table_tag_ids[]=1", []),
        ("order=name&order_dir=desc&limit=2", ["public.seen", "public.findings"]),
        ("limit=3&page_num=2", ["public.seen"]),
        ("page_num=9", []),
    ],
)
def test_filters_order_and_pages(tables, query, expected):
    assert _names(tables.json("GET", f"/tables?database_id=1&{query}")) == expected


def test_a_table_turns_up_and_keeps_its_id_when_it_is_made_again(tables):
    path = "/databases/1/schemas/public/tables/late"
    assert tables("GET", path).status_code == 404
    _sql(tables.platform, "CREATE TABLE public.late (a INTEGER)")
    first = tables.json("GET", path)
    assert tables.json("GET", "/tables?schema=public&name=late")[0]["id"] == first["id"]
    _sql(tables.platform, "DROP TABLE public.late")
    assert tables("GET", path).status_code == 404
    assert tables("GET", f"/tables/{first['id']}").status_code == 404
    _sql(tables.platform, "CREATE TABLE public.late (b INTEGER)")
    assert tables.json("GET", path)["id"] == first["id"]
    _sql(tables.platform, "DROP TABLE public.late")


def test_a_table_in_full(tables):
    table = tables.json("GET", "/databases/1/schemas/PUBLIC/tables/Find_It")
    assert (table["schema"], table["name"]) == ("public", "find_it")
    assert (table["rowCount"], table["columnCount"], table["isView"]) == (3, 3, False)
    assert [c["name"] for c in table["columns"]] == ["a", "b", "c"]
    assert "CREATE TABLE" in table["tableDef"]
    view = tables.json("GET", "/databases/1/schemas/public/tables/seen")
    assert view["isView"]
    assert "SELECT" in view["viewDef"].upper()
    assert tables.json("GET", f"/tables/{view['id']}")["name"] == "seen"


@pytest.mark.parametrize("name", ["a/b", "a b", "50%", "what?", "#1", "a%2Fb", "ünï", "x/"])
def test_names_of_every_kind(tables, name):
    _sql(tables.platform, f'CREATE TABLE public."{name}" (a INTEGER)')
    path = f"/databases/1/schemas/public/tables/{quote(name, safe='')}"
    assert tables.json("GET", path)["name"] == name
    found = tables.json("GET", "/tables", params={"name": name.replace("%", "*")})
    assert [table["name"] for table in found] == [name]
    _sql(tables.platform, f'DROP TABLE public."{name}"')


def test_columns_with_statistics(tables):
    table = tables.json("GET", "/tables?schema=public&name=find_it")[0]
    path = f"/tables/{table['id']}/columns"
    a, b, c = tables.json("GET", path + "?order=order")
    assert [column["order"] for column in (a, b, c)] == [1, 2, 3]
    assert (a["minValue"], a["maxValue"], a["avgValue"]) == ("1", "3", 2.0)
    assert (a["useableAsPrimaryKey"], b["useableAsPrimaryKey"]) == (True, False)
    assert (b["nullCount"], b["coverageCount"], b["distinctCount"]) == (1, 2, 1)
    assert b["valueDistribution"]["x"] == 2
    assert (b["civisDataType"], c["civisDataType"]) == ("string", "float")
    assert [c["name"] for c in tables.json("GET", path + "?name=B")] == ["b"]
    assert [c["name"] for c in tables.json("GET", path + "?order_dir=desc&limit=2")] == ["c", "b"]


def test_statistics_follow_the_data(tables):
    _sql(tables.platform, "CREATE TABLE public.grows AS SELECT 1 AS a")
    table = tables.json("GET", "/databases/1/schemas/public/tables/grows")
    path = f"/tables/{table['id']}/columns"
    assert tables.json("GET", path)[0]["maxValue"] == "1"
    _sql(tables.platform, "INSERT INTO public.grows VALUES (5)")
    assert tables.json("GET", path)[0]["maxValue"] == "5"
    _sql(tables.platform, "UPDATE public.grows SET a = 7 WHERE a = 5")
    refreshed = tables.json("POST", f"/tables/{table['id']}/refresh")
    assert refreshed["refreshStatus"] == "refreshing"
    after = tables.json("GET", f"/tables/{table['id']}")
    assert after["refreshStatus"] == "current"
    assert after["lastRefresh"]
    assert after["columns"][0]["maxValue"] == "7"
    _sql(tables.platform, "DROP TABLE public.grows")


def test_refreshing_twice_at_once_is_a_conflict(tables, monkeypatch):
    table = tables.json("GET", "/tables?schema=public&name=findings")[0]
    path = f"/tables/{table['id']}/refresh"
    measure, second = catalog._measure, []

    def measured(*arguments):
        second.append(tables("POST", path).status_code)
        return measure(*arguments)

    monkeypatch.setattr(catalog, "_measure", measured)
    assert tables("POST", path).status_code == 200
    assert second == [409]


def test_a_refresh_whose_end_can_not_be_stored_does_not_go_on_for_ever(tables):
    table = tables.json("GET", "/tables?schema=public&name=findings")[0]
    path = f"/tables/{table['id']}"
    database = tables.platform.state / "platform.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER refused BEFORE UPDATE ON tables WHEN new.refresh_status = 'current' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        try:
            assert tables("POST", f"{path}/refresh").status_code == 500
        finally:
            other.execute("DROP TRIGGER refused")
    assert tables("POST", f"{path}/refresh").status_code == 200
    assert tables.json("GET", path)["refreshStatus"] == "current"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tables/scan", {"database_id": 1, "schema": "public", "table_name": "find_it"}),
        ("/databases/1/schemas/scan", {"schema": "other"}),
    ],
)
def test_scans_are_jobs(tables, path, body):
    answer = tables("POST", path, json=body)
    assert answer.status_code == 201
    made = answer.json()
    run = tables.json("GET", f"/jobs/{made['jobId']}/runs/{made['runId']}")
    assert (run["state"], run["error"]) == ("succeeded", None)


def test_scanning_what_is_not_there_is_404(tables):
    body = {"database_id": 1, "schema": "public", "table_name": "nothing"}
    assert tables("POST", "/tables/scan", json=body).status_code == 404
    assert tables("POST", "/databases/1/schemas/scan", json={"schema": "no"}).status_code == 404


def test_people_describe_tables_and_name_keys(tables):
    table = tables.json("GET", "/tables?schema=public&name=find_it")[0]
    path = f"/tables/{table['id']}"
    body = {"description": "d", "primaryKeys": "a", "ontologyMapping": {"x": "y"}}
    changed = tables.json("PATCH", path, json=body)
    assert (changed["description"], changed["primaryKeys"]) == ("d", ["a"])
    assert changed["ontologyMapping"] == {"x": "y"}
    assert tables.json("PATCH", path, json={"lastModifiedKeys": ["b"]})["description"] == "d"
    assert tables("PATCH", path, json={"primary_keys": ["no"]}).status_code == 400
    named = "/databases/1/schemas/public/tables/find_it"
    assert tables.json("PATCH", named, json={"description": None})["description"] is None


def test_a_stopped_platform_opens_no_database():
    with start(samples=False) as platform:
        warehouses = platform._context.warehouses
    with pytest.raises(CivisLocalError, match="stopped"):
        warehouses.get(1)


def _zipped_folder(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/inside.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,x\n2,y\n", ("comma", True, ["a", "b"], [["1", "x"], ["2", "y"]])),
        (b"a\tb\n1\t2\n", ("tab", True, ["a", "b"], [["1", "2"]])),
        ("n|ö\n1|é\n".encode("latin-1"), ("pipe", True, ["n", "ö"], [["1", "é"]])),
        (b"\n\r\na,b\n1,x\n\n2,y\n", ("comma", True, ["a", "b"], [["1", "x"], ["2", "y"]])),
        (_zipped_folder(b"a,b\n1,x\n"), ("comma", True, ["a", "b"], [["1", "x"]])),
        (
            b"a,b\n" + b"1,%s\n" % (b"x" * 200_000) * 30,
            ("comma", True, ["a", "b"], [["1", "x" * 200_000]] * 20),
        ),
    ],
    ids=["comma", "tab", "pipe", "blank lines", "zipped folder", "long cells"],
)
def test_a_preview_of_a_file(tables, content, expected, upload_to):
    file_id = upload_to(tables, content)
    seen = tables.json("GET", f"/files/{file_id}/preview")
    names = [column["name"] for column in seen["columns"]]
    found = (seen["columnDelimiter"], seen["includeHeader"], names, seen["rows"])
    assert found == expected


def test_a_preview_as_it_is_told(tables, upload_to):
    file_id = upload_to(tables, b"a,b\n1,x\n")
    path = f"/files/{file_id}/preview"
    seen = tables.json("GET", path + "?include_header=False&column_delimiter=comma")
    assert seen["rows"] == [["a", "b"], ["1", "x"]]
    assert tables("GET", path + "?column_delimiter=pipe").status_code == 422
    one_column = f"/files/{upload_to(tables, b'a' + bytes([10]) + b'1,x')}/preview"
    assert tables.json("GET", one_column + "?column_delimiter=pipe")["rows"][-1] == ["1,x"]
    assert tables("GET", path + "?column_delimiter=semicolon").status_code == 400


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00broken", b"\n"])
def test_what_is_no_table_has_no_preview(tables, content, upload_to):
    file_id = upload_to(tables, content)
    answer = tables("GET", f"/files/{file_id}/preview")
    assert answer.status_code == 422
    assert answer.json()["error"] == "preview_failed"
    assert tables("GET", "/files/9999/preview").status_code == 404


def test_a_list_tells_of_tables_what_each_tells_itself(tables):
    _sql(
        tables.platform,
        'CREATE SCHEMA listed; CREATE TABLE listed."Odd ""name" (a INTEGER, "b c" DATE);'
        "CREATE TABLE listed.shrunk AS SELECT * FROM generate_series(1, 5000) AS t(n);"
        "DELETE FROM listed.shrunk WHERE n > 7; CREATE VIEW listed.seen AS SELECT 1 AS one;",
    )
    found = tables.json("GET", "/tables?schema=listed")
    assert [(t["name"], t["columnCount"], t["rowCount"]) for t in found] == [
        ('Odd "name', 2, 0), ("seen", 1, None), ("shrunk", 1, 7),
    ]  # fmt: skip
    for table in found:
        alone = tables.json("GET", f"/tables/{table['id']}")
        assert {name: alone[name] for name in table} == table


def test_a_long_list_is_read_as_a_whole(tables, monkeypatch):
    many = "".join(f"CREATE TABLE many.t{n} (a INTEGER);" for n in range(40))
    _sql(tables.platform, f"CREATE SCHEMA many; {many}")
    warehouse = tables.platform._context.warehouses.get(1)
    opened, engine = [], warehouse.engine

    def noted(*args):
        opened.append(args)
        return engine(*args)

    monkeypatch.setattr(warehouse, "engine", noted)
    counts = []
    for limit in (2, 40):
        opened.clear()
        assert len(tables.json("GET", f"/tables?schema=many&limit={limit}")) == limit
        counts.append(len(opened))
    assert counts[0] == counts[1]


def test_more_tables_get_ids_than_a_statement_has_room_for(tmp_path):
    store = Store(tmp_path / "platform.sqlite")
    first_key(store)
    infos = [TableInfo("public", f"t{i}", False, None) for i in range(90_000)]
    with store.begin() as connection:
        catalog._store_ids(connection, 1, infos)
        assert len(catalog._rows(connection, 1)) == len(infos)
    store.close()
