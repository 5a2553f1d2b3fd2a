"""Statistics of columns of every type, and how refreshes show."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator

import pytest
import requests

from civis_nb.cancellation import CancelToken
from civis_nb.local import start
from civis_nb.local.warehouse.base import ignore_log

pytestmark = pytest.mark.exhaustive

_MAKE = """
CREATE TABLE public.every_type (
    i INTEGER, big BIGINT, huge DECIMAL(38,0), d DECIMAL(9,2), f DOUBLE, b BOOLEAN, t VARCHAR,
    dt DATE, ts TIMESTAMP, tz TIMESTAMPTZ, tm TIME, j JSON, l INTEGER[], bl BLOB, u UUID,
    nothing INTEGER
);
INSERT INTO public.every_type VALUES
    (1, 9007199254740993, 99999999999999999999999999999999999999, 1.5, 'nan', true, 'a',
     '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05+00', '03:04:05', '{"a": 1}', [1],
     '\\xAA'::BLOB, '00000000-0000-0000-0000-000000000001', NULL),
    (2, 2, 99999999999999999999999999999999999999, 2.5, 'inf', false, '',
     '0001-01-01', 'infinity', '-infinity', '00:00:00', '1', [], ''::BLOB,
     '00000000-0000-0000-0000-000000000002', NULL),
    (4, 2, 2, 2.5, 1e308, false, 'b', '0001-01-02', '0001-01-01', '0001-01-01', '00:00:01', '1',
     [], ''::BLOB, '00000000-0000-0000-0000-000000000003', NULL),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


class _Tables:
    def __init__(self, http, platform) -> None:
        self.http, self.json = http, http.json
        self._platform = platform

    def sql(self, sql: str) -> None:
        self._platform._context.warehouses.get(1).preview(sql, 1, CancelToken(), ignore_log)

    def named(self, name: str) -> dict:
        return self.json("GET", f"/databases/1/schemas/public/tables/{name}")

    def columns(self, table_id: int) -> dict[str, dict]:
        found = self.json("GET", f"/tables/{table_id}/columns?limit=50")
        return {column["name"]: column for column in found}


@pytest.fixture(scope="module")
def tables(http_of) -> Iterator[_Tables]:
    # Types that DuckDB alone has are measured too.
    with start(samples=False, dialect="duckdb") as platform:
        made = _Tables(http_of(platform), platform)
        made.sql(_MAKE)
        yield made


def test_columns_of_every_type_are_measured(tables):
    columns = tables.columns(tables.named("every_type")["id"])
    assert len(columns) == 16
    for name, column in columns.items():
        filled = 0 if name == "nothing" else 3
        assert (column["coverageCount"], column["nullCount"]) == (filled, 4 - filled), name
        assert sum(column["valueDistribution"].values()) == filled, name
        assert len(column["sampleValues"]) == column["distinctCount"] <= 3, name
        assert all(isinstance(value, str) for value in column["sampleValues"]), name
        assert column["useableAsPrimaryKey"] is False, name
    ends = {name: (columns[name]["minValue"], columns[name]["maxValue"]) for name in columns}
    assert ends["big"] == ("2", "9007199254740993")
    assert ends["huge"] == ("2", "99999999999999999999999999999999999999")
    assert ends["d"] == ("1.50", "2.50")
    assert ends["t"] == ("", "b")
    assert ends["b"] == ("false", "true")
    assert ends["dt"] == ("0001-01-01", "2026-01-02")
    assert ends["tz"][0] == "-infinity"
    assert ends["nothing"] == (None, None)


def test_means_and_deviations_are_those_of_the_values_where_there_are_any(tables):
    columns = tables.columns(tables.named("every_type")["id"])
    i = columns["i"]
    assert i["avgValue"] == pytest.approx(statistics.mean([1, 2, 4]))
    assert i["stddev"] == pytest.approx(statistics.stdev([1, 2, 4]))
    assert columns["d"]["avgValue"] == pytest.approx(6.5 / 3)
    # No number of JSON: values that are none, or whose sum no number of the database holds.
    assert (columns["f"]["avgValue"], columns["f"]["stddev"]) == (None, None)
    assert columns["huge"]["avgValue"] is None
    assert (columns["t"]["avgValue"], columns["nothing"]["avgValue"]) == (None, None)


def test_shares_of_values_add_up(tables):
    tables.sql(
        "DROP TABLE IF EXISTS public.shares; CREATE TABLE public.shares AS SELECT i % 4 "
        "AS a FROM generate_series(0, 39) r(i)"
    )
    (column,) = tables.columns(tables.named("shares")["id"]).values()
    assert column["valueDistribution"] == dict.fromkeys("0123", 10)
    assert column["valueDistributionPercent"] == dict.fromkeys("0123", 25.0)
    assert column["possibleDependentVariableTypes"] == ["multinomial", "ordinal"]
    tables.sql(
        "DROP TABLE IF EXISTS public.shares; CREATE TABLE public.shares AS SELECT i AS a "
        "FROM generate_series(0, 39) r(i)"
    )
    tables.json("POST", f"/tables/{tables.named('shares')['id']}/refresh")
    (column,) = tables.columns(tables.named("shares")["id"]).values()
    assert len(column["valueDistribution"]) == 20
    assert column["useableAsPrimaryKey"] is True


@pytest.mark.parametrize(
    ("make", "rows", "filled"),
    [
        ("DROP TABLE IF EXISTS public.looked_at; CREATE TABLE public.looked_at (a INTEGER)", 0, 0),
        ("CREATE OR REPLACE VIEW public.seen_as AS SELECT 1 AS a", None, 1),
    ],
)
def test_empty_tables_and_views_have_statistics_too(tables, make, rows, filled):
    tables.sql(make)
    table = tables.named("looked_at" if "TABLE" in make else "seen_as")
    assert (table["rowCount"], table["columnCount"]) == (rows, 1)
    assert tables.columns(table["id"])["a"]["coverageCount"] == filled
    assert tables.json("POST", f"/tables/{table['id']}/refresh")["refreshStatus"] == "refreshing"
    assert tables.json("GET", f"/tables/{table['id']}")["refreshStatus"] == "current"


@pytest.mark.contract("S70")
def test_a_refresh_goes_from_refreshing_to_current_and_is_never_stale(tables):
    tables.sql(
        "DROP TABLE IF EXISTS public.large; CREATE TABLE public.large AS SELECT "
        "md5(i::VARCHAR) a FROM generate_series(0, 299999) r(i)"
    )
    table = tables.named("large")
    path = f"/tables/{table['id']}"
    answers = []
    thread = threading.Thread(target=lambda: answers.append(tables.json("POST", f"{path}/refresh")))
    seen = [table["refreshStatus"]]
    with requests.Session() as session:
        session.auth = tables.http.session.auth
        thread.start()
        while thread.is_alive():
            seen.append(
                session.get(tables.http.endpoint + path, timeout=30).json()["refreshStatus"]
            )
        thread.join()
        seen.append(session.get(tables.http.endpoint + path, timeout=30).json()["refreshStatus"])
    assert answers[0]["refreshStatus"] == "refreshing"
    assert set(seen) <= {"current", "refreshing"}
    assert seen[-1] == "current"


def test_a_refresh_of_what_was_dropped_is_404_and_leaves_no_trace(tables):
    tables.sql(
        "DROP TABLE IF EXISTS public.short_lived; CREATE TABLE public.short_lived AS SELECT 1 AS a"
    )
    path = f"/tables/{tables.named('short_lived')['id']}"
    tables.sql("DROP TABLE public.short_lived")
    assert tables.http("POST", f"{path}/refresh").status_code == 404
    tables.sql("CREATE TABLE public.short_lived AS SELECT 2 AS a")
    assert tables.json("GET", path)["refreshStatus"] == "current"
    assert tables.json("POST", f"{path}/refresh")["refreshStatus"] == "refreshing"
    assert tables.json("GET", path)["columns"][0]["maxValue"] == "2"


def test_keys_are_named_in_any_case_and_shown_as_the_table_has_them(tables):
    path = f"/tables/{tables.named('every_type')['id']}"
    changed = tables.json(
        "PATCH", path, json={"primaryKeys": ["I", "big"], "lastModifiedKeys": "TS"}
    )
    assert (changed["primaryKeys"], changed["lastModifiedKeys"]) == (["i", "big"], ["ts"])
    cleared = tables.json("PATCH", path, json={"primaryKeys": None, "lastModifiedKeys": []})
    assert (cleared["primaryKeys"], cleared["lastModifiedKeys"]) == ([], [])


@pytest.mark.contract("S68")
@pytest.mark.parametrize("name", ["find_it", "find.it", "find%it", "find*it", "Find It", "findXit"])
def test_underscores_are_no_wildcards_and_percent_and_star_are(tables, name):
    tables.sql('CREATE SCHEMA IF NOT EXISTS "wild cards"')
    for made in ("find_it", "find.it", "findXit", "Find It"):
        tables.sql(f'CREATE TABLE IF NOT EXISTS "wild cards"."{made}" (a INTEGER)')
    found = tables.json("GET", "/tables", params={"schema": "wild cards", "name": name})
    wild = "%" in name or "*" in name
    expected = ["Find It", "find.it", "findXit", "find_it"] if wild else [name]
    assert [table["name"] for table in found] == expected


def test_scans_measure_at_once_and_in_every_priority(tables):
    tables.sql("DROP TABLE IF EXISTS public.scanned; CREATE TABLE public.scanned AS SELECT 5 AS a")
    for priority in ("flag", "block", "queue", None):
        body = {"database_id": "1", "schema": "PUBLIC", "table_name": "Scanned"}
        made = tables.json("POST", "/tables/scan", json={**body, "stats_priority": priority})
        run = tables.json("GET", f"/jobs/{made['jobId']}/runs/{made['runId']}")
        assert (run["state"], run["error"]) == ("succeeded", None)
    shown = tables.named("scanned")
    assert shown["lastRefresh"] is not None
    assert shown["columns"][0]["maxValue"] == "5"
    made = tables.json("POST", "/databases/1/schemas/scan", json={"schema": "PUBLIC"})
    assert tables.json("GET", f"/jobs/{made['jobId']}")["lastRun"]["state"] == "succeeded"
