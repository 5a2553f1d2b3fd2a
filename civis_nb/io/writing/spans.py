"""Spans of pandas, which are periods, intervals and durations, as columns of tables."""

from __future__ import annotations

from typing import Any

__all__ = ["arrow_of_spans"]

#: The start of a period's type -> the Arrow type that its text is a value of.
_PERIODS = (
    (("period[D]", "period[B]"), "date32"),
    (("period[Y-", "period[A-"), "int32"),
    (tuple(f"period[{unit}]" for unit in ("h", "H", "min", "T", "s", "S")), "timestamp[s]"),
    (("period[ms]", "period[L]"), "timestamp[ms]"),
    (("period[us]", "period[U]"), "timestamp[us]"),
)


def arrow_of_spans(series: Any) -> Any:
    """Return a pandas series of spans, or of categories that are spans, as an Arrow array.

    A span is what `to_csv` of pandas, and so the PyPI package `civis`, writes of it: ``2020-01``,
    ``(0, 3]``, ``1 days 02:00:00``. A period that is a day is a date, one within the day the
    timestamp at which it begins, and a year a number, as the same text in a file would be.

    Parameters
    ----------
    series
        Of any dtype.

    Returns
    -------
    pa.Array or None
        None when the series holds something else.
    """
    import pyarrow as pa

    kind = series.dtype
    if str(kind) == "category":
        categories = arrow_of_spans(kind.categories.to_series())
        if categories is None:
            return None
        codes = series.cat.codes.to_numpy()
        return categories.take(pa.array(codes, pa.int64(), mask=codes < 0))
    if not str(kind).startswith(("period", "interval", "timedelta")):
        return None
    missing = series.isna().to_numpy()
    texts = pa.array(series.astype(str).to_numpy(dtype=object), pa.string(), mask=missing)
    for starts, target in _PERIODS:
        if str(kind).startswith(starts):
            try:
                return texts.cast(target)
            except pa.ArrowInvalid:
                return texts  # a year before 1000, say, whose text is no date
    return texts
