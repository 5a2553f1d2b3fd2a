"""Columns of frames become columns of tables without losing a digit."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from civis_nb.errors import CivisInputError
from civis_nb.io.columns import arrow_of, as_csv_column

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9))


def _frame(values: list) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(values, dtype=object)})


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.one_of(
            st.none(),
            DECIMALS.filter(lambda value: abs(value) < 10**30),
            st.integers(-(10**38), 10**38).map(Decimal),
            st.decimals(allow_nan=False, allow_infinity=False),
            st.sampled_from([Decimal("nan"), Decimal("sNaN")]),
        ),
        max_size=5,
    )
)
def test_decimals_get_the_values_that_arrow_infers_and_no_wider_type(values):
    try:
        expected = pa.array(_frame(values)["a"], from_pandas=True)
    except pa.ArrowInvalid:
        reject()  # more digits than any decimal of Arrow has: it infers nothing to compare with
    found = arrow_of(_frame(values)).column("a")
    if pa.types.is_decimal(expected.type):
        assert found.type.scale == expected.type.scale
        assert found.type.precision <= expected.type.precision
    assert found.to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("values", [[Decimal("9" * 39)], [Decimal("1e-21"), Decimal("1e30")]])
def test_decimals_of_more_digits_than_a_column_has_are_refused(values):
    with pytest.raises(CivisInputError, match="38 digits"):
        as_csv_column(arrow_of(_frame(values)).column("a"), "a")


@pytest.mark.parametrize("values", [[Decimal(1), 1.5], [Decimal(1), "a"], [Decimal("Infinity")]])
def test_decimals_among_others_are_written_as_text(values):
    found = arrow_of(_frame(values)).column("a")
    assert found.to_pylist() == [str(value) for value in values]
