"""The table of types in docs/reference/types.md, made by reading each type.

Run as a program, it writes the table anew.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from pathlib import Path
from typing import Any

import civis_nb.io as cio

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "types.md"
BEGIN, END = "<!-- made by tests/io/reading/types_page.py -->\n", "<!-- end -->\n"

#: SQL type as the page names it -> a value as SQL.
VALUES = {
    "SMALLINT": "7::smallint",
    "INTEGER": "7::integer",
    "BIGINT": "7::bigint",
    "REAL": "1.5::real",
    "DOUBLE PRECISION": "1.5::double precision",
    "DECIMAL, a double keeps it": "1.50::decimal(18,2)",
    "DECIMAL, a double loses digits": "0.12345678901234567891::decimal(38,20)",
    "BOOLEAN": "true",
    "DATE": "date '2020-02-29'",
    "TIME": "time '10:11:12'",
    "TIMESTAMP": "timestamp '2020-02-29 10:11:12'",
    "TIMESTAMPTZ": "timestamptz '2020-02-29 10:11:12+00'",
    "VARCHAR": "'00501'",
}
TYPES = ("native", "exact", "infer")
KINDS = ("pandas", "polars", "arrow")


def read(client: Any, value: str, kind: str, types: str, *, with_null: bool) -> str:
    """Return the type of a column that holds the value, and maybe a NULL as well."""
    # The zero keeps the column from being the only one, of which an inferred NULL is special.
    sql = f"select {value} as a, 0 as b" + (" union all select null, 0" if with_null else "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        frame = cio.read_civis_sql(sql, "sample", kind, types=types, client=client)
    if kind == "arrow":
        return str(frame.schema.field("a").type)
    dtype = frame["a"].dtype
    if kind == "polars":
        return str(dtype).replace("time_unit=", "").replace("time_zone=", "").replace("'", "")
    return str(dtype)


def table(client: Any) -> str:
    """Return the table as Markdown."""
    head = ["SQL type", "`types=`", "pandas", "pandas, with NULLs", "polars", "Arrow"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for (name, value), types in itertools.product(VALUES.items(), TYPES):
        arrow = (
            "as exact" if types == "infer" else read(client, value, "arrow", types, with_null=False)
        )
        lines.append(
            " | ".join(
                [
                    name if types == TYPES[0] else "",
                    types,
                    read(client, value, "pandas", types, with_null=False),
                    read(client, value, "pandas", types, with_null=True),
                    read(client, value, "polars", types, with_null=True),
                    arrow,
                ]
            )
        )
    return "".join(f"| {line} |\n" for line in lines)


def on_page() -> str:
    """Return the table that the page has."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Write the table into the page."""
    import civis_nb

    with civis_nb.local.start(samples=False) as platform:
        made = table(platform.client())
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{made}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
