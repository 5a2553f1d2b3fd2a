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
    "BIGINT beyond 2⁵³": "9007199254740993::bigint",
    "REAL": "1.5::real",
    "DOUBLE PRECISION": "1.5::double precision",
    "DOUBLE PRECISION, NaN or infinity": "'infinity'::double precision",
    "DECIMAL, a double keeps it": "1.50::decimal(18,2)",
    "DECIMAL, a double loses digits": "0.12345678901234567891::decimal(38,20)",
    "BOOLEAN": "true",
    "DATE": "date '2020-02-29'",
    "DATE before 1677 or after 2262": "date '0001-12-31'",
    "TIME": "time '10:11:12'",
    "TIMETZ": "timetz '10:11:12+02'",
    "TIMESTAMP": "timestamp '2020-02-29 10:11:12'",
    "TIMESTAMPTZ": "timestamptz '2020-02-29 10:11:12+00'",
    "VARCHAR": "'00501'",
    "VARBYTE": "'abc'::varbyte",
    "SUPER": "json_parse('{\"a\": 1}')",
}
TYPES = ("native", "exact", "infer")


def read(client: Any, kind: str, types: str, *, with_null: bool) -> list[str]:
    """Return the types of the columns that hold the values, and maybe a NULL each as well."""
    columns = ", ".join(f"{value} as c{at}" for at, value in enumerate(VALUES.values()))
    nulls = " union all select " + ", ".join(["null"] * len(VALUES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        frame = cio.read_civis_sql(
            f"select {columns}{nulls if with_null else ''}",
            "sample", kind, types=types, client=client,
        )  # fmt: skip
    if kind == "arrow":
        return [str(one) for one in frame.schema.types]
    dtypes = [str(frame[f"c{at}"].dtype) for at in range(len(VALUES))]
    for words in ("time_unit=", "time_zone=", "'") if kind == "polars" else ():
        dtypes = [one.replace(words, "") for one in dtypes]
    return dtypes


def table(client: Any) -> str:
    """Return the table as Markdown."""
    head = ["SQL type", "`types=`", "pandas", "pandas, with NULLs", "polars", "Arrow"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    read_with = {
        types: [
            read(client, "pandas", types, with_null=False),
            read(client, "pandas", types, with_null=True),
            read(client, "polars", types, with_null=True),
            ["as exact"] * len(VALUES)
            if types == "infer"
            else read(client, "arrow", types, with_null=False),
        ]
        for types in TYPES
    }
    for (at, name), types in itertools.product(enumerate(VALUES), TYPES):
        cells = [column[at] for column in read_with[types]]
        lines.append(" | ".join([name if types == TYPES[0] else "", types, *cells]))
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
