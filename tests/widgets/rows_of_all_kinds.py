"""A table of many types, and what a view shows of it."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa

from civis_nb.widgets.table import TableView

ROWS = 1200
CHOICE = random.Random(7)
TEXTS = ["a", "B", "it's", "50%", "x\\y", "", "é\t"]
JANUARY = dt.date(2024, 1, 1)


def _values(make: Any) -> list[Any]:
    return [None if CHOICE.random() < 0.1 else make() for _ in range(ROWS)]


DATA = pa.table(
    {
        "n": pa.array(_values(lambda: CHOICE.randint(-50, 50))),
        "big": pa.array(_values(lambda: 9007199254740993 + CHOICE.randint(0, 3))),
        "d": pa.array(_values(lambda: Decimal(CHOICE.randint(-999, 999)) / 100),
                      pa.decimal128(20, 2)),
        "x": pa.array(_values(lambda: CHOICE.choice([float("nan"), float("inf"),
                                                     CHOICE.gauss(0, 1)]))),
        "t": pa.array(_values(lambda: CHOICE.choice(TEXTS))),
        "day": pa.array(_values(lambda: JANUARY + dt.timedelta(CHOICE.randint(0, 400)))),
        "moment": pa.array(_values(lambda: dt.datetime(2024, 1, 1) + dt.timedelta(
            seconds=CHOICE.randint(0, 10**7))), pa.timestamp("us")),
        "ok": pa.array(_values(lambda: CHOICE.random() < 0.5)),
        "list": pa.array(_values(lambda: [1, None])),
        "cat": pa.array(_values(lambda: CHOICE.choice("xyz"))).dictionary_encode(),
    }
)  # fmt: skip
#: The same rows in many pieces, as exports come.
PIECES = pa.concat_tables([DATA.slice(at, 37) for at in range(0, ROWS, 37)])
NAMES = DATA.column_names


def rows(view: TableView, **asked: Any) -> list[tuple[Any, ...]]:
    fields, _ = view.answer(
        "rows", {"start": 0, "count": 1000, "columns": range(len(view.fields)), **asked}
    )
    return list(zip(*fields["cells"], strict=True))
