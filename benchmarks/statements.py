"""What the meaning of a dialect costs: milliseconds a statement by kind, and opening a database.

``meaning`` is the time to work out what DuckDB is given: of a statement that is seen for the first
time, and of one that was seen before. ``whole`` is a preview of it, beside that of the same
statement under DuckDB's own dialect where that can run it. All are the least of some rounds, in
time of the processor: on a busy machine the time that passes says little. Run as
``python benchmarks/statements.py [ROUNDS]``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects.translation import translate, translate_anew
from civis_nb.local.warehouse.duckdb.warehouse import DuckDBWarehouse, open_duckdb

TABLE = """create table orders
  (id int, day date, seller int, buyer varchar(6), quantity int, sent int,
   price numeric(10, 2), fee numeric(10, 2));
insert into orders values (1, '2024-01-01', 7, 'ann', 5, 5, 9.99, 1),
  (2, '2024-01-02', 7, 'bob', 8, null, 20, 1.5), (3, '2024-01-02', 9, 'ann', 3, 3, 7.25, 0.8)"""

KINDS = {
    "native, short": "select id, buyer from orders where buyer = 'ann'",
    "native, 148 characters": (
        "select o.id, o.buyer, o.day from public.orders o join public.orders c on o.id = c.id "
        "where o.buyer = 'ann' order by o.day desc, o.buyer, o.id limit 10"
    ),
    "division": "select quantity / seller as ratio, id from orders order by id",
    "aggregates": (
        "select seller, count(*), sum(quantity) as total, max(day) as last from orders "
        "group by seller order by total desc"
    ),
    "quotient of aggregates": (
        "select seller, sum(quantity) / count(*) as mean, avg(quantity) / 2 as half from orders "
        "group by seller"
    ),
    "casts and dates": (
        "select day::date, date_trunc('month', day)::date as month, "
        "coalesce(buyer, 'none') || '-' || seller::varchar as label from orders"
    ),
    "choosing by type": (
        "select seller, sum(quantity) / sum(sent)::float as rate, round(avg(quantity) / 3.0, 2), "
        "to_char(max(day), 'YYYY-MM') from orders group by seller"
    ),
    "five quotients of decimals": (
        "select seller, sum(price) / sum(quantity) as each, avg(price) / avg(fee), "
        "100.0 * sum(fee) / sum(price) as share from orders group by seller"
    ),
}


def least_ms(rounds: int, work: Callable[[], object]) -> float:
    """Return the least time of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times) * 1000


def preview_ms(rounds: int, database: DuckDBWarehouse, sql: str) -> float | None:
    """Return the time of a preview; None where the database can't run the statement."""
    try:
        return least_ms(rounds, lambda: database.preview(sql, 10, CancelToken(), ignore_log))
    except WarehouseError:
        return None


def opening_ms(rounds: int) -> float:
    """Return the time of opening a database and closing it."""
    return least_ms(rounds, lambda: open_duckdb(":memory:", "redshift").close())


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    redshift, duckdb = open_duckdb(":memory:", "redshift"), open_duckdb(":memory:", "duckdb")
    for database in (redshift, duckdb):
        database.preview(TABLE, 1, CancelToken(), ignore_log)
    print("| kind | meaning, new | known | whole | DuckDB's |")
    print("|---|---:|---:|---:|---:|")
    for kind, sql in KINDS.items():
        new = least_ms(rounds, lambda sql=sql: translate_anew(sql, "redshift"))
        known = least_ms(rounds, lambda sql=sql: translate(sql, "redshift"))
        whole, beside = (preview_ms(rounds, d, sql) for d in (redshift, duckdb))
        theirs = "-" if beside is None else f"{beside:.1f} ms"
        print(f"| {kind} | {new:.3f} ms | {known:.4f} ms | {whole:.1f} ms | {theirs} |")
    print(f"\nopening a database: {opening_ms(max(3, rounds // 5)):.0f} ms")
    for database in (redshift, duckdb):
        database.close()


if __name__ == "__main__":
    main()
