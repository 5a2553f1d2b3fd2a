"""Frames with types="native", read from a platform and used as people use frames."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisInputError

SALES = """
select i as id,
       case when i % 7 = 0 then null else i end as qty,
       (i * 1.25)::decimal(18,2) as price,
       date '2024-01-01' + i as day,
       timestamp '2024-01-01 08:00:00' + i * interval '6 hours' as at,
       timestamptz '2024-01-01 08:00:00+00' + i * interval '6 hours' as seen,
       case when i % 2 = 0 then 'north' else 'south' end as region,
       case when i % 5 = 0 then null else i % 3 = 0 end as paid
from generate_series(0, 59) t(i) order by i
"""
LOSING = "select 0.12345678901234567891::decimal(38,20) as d, 1.5::decimal(4,2) as e"


@pytest.fixture(scope="module")
def sales(io_client):
    return cio.read_civis_sql(SALES, "sample", "pandas", types="native", client=io_client)


@pytest.mark.exhaustive
@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="the page shows pandas 3")
def test_the_page_shows_what_each_type_becomes(io_client):
    path = Path(__file__).with_name("types_page.py")
    spec = importlib.util.spec_from_file_location("types_page", path)
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.on_page() == page.table(io_client), f"run: python {path.name}"


def test_arithmetic_and_summaries(sales):
    revenue = sales["price"] * sales["qty"] + 1
    assert revenue.dtype == "Float64"
    assert (sales["price"] / 3).sum() == pytest.approx(1.25 * sum(range(60)) / 3)
    described = sales.describe()
    assert described.loc["mean", "price"] == pytest.approx(36.875)
    assert {"id", "qty", "price", "day", "at"} <= set(described.columns)
    assert sales.groupby("region")["price"].mean()["north"] == pytest.approx(36.25)
    assert sales["qty"].isna().sum() == 9
    assert sales["price"].round(1).dtype == "float64"
    assert sales.corr(numeric_only=True).loc["id", "price"] == pytest.approx(1)


def test_dates_compare_with_texts_timestamps_and_dates(sales):
    for day in ("2024-01-31", pd.Timestamp("2024-01-31"), dt.datetime(2024, 1, 31)):
        assert (sales["day"] >= day).sum() == 30
        assert (sales["day"] == day).sum() == 1
    assert sales["day"].between("2024-01-01", "2024-01-10").sum() == 10
    assert (sales["at"] < "2024-01-02").sum() == 3
    assert (sales["seen"] < pd.Timestamp("2024-01-02", tz="UTC")).sum() == 3
    assert (sales["day"] - sales["day"].min()).dt.days.tolist() == list(range(60))
    assert sales["day"].dt.month.unique().tolist() == [1, 2]
    assert sales["seen"].dt.tz_convert("America/Chicago").dt.hour[0] == 2


def test_resampling_and_windows(sales):
    for column, rule, periods in (("day", "MS", 2), ("at", "D", 16), ("seen", "D", 16)):
        summed = sales.set_index(column)["price"].resample(rule).sum()
        assert len(summed) == periods
        assert summed.sum() == pytest.approx(sales["price"].sum())
    assert sales.set_index("day")["price"].rolling("7D").mean().notna().all()
    assert sales.pivot_table(index=pd.Grouper(key="day", freq="W"), values="price").shape == (9, 1)
    assert sales.set_index("at").loc["2024-01-03"].shape[0] == 4


def test_merges_with_frames_of_csv(sales):
    text = "id,region,day,price\n3,south,2024-01-04,3.75\n4,north,2024-01-05,5.00\n"
    other = pd.read_csv(io.StringIO(text), parse_dates=["day"])
    for keys in (["id"], ["region", "id"], ["day"], ["price"], ["id", "region", "day", "price"]):
        merged = sales.merge(other, on=keys, suffixes=("", "_other"))
        assert merged["id"].tolist() == [3, 4], keys
    nearest = pd.merge_asof(other.sort_values("day"), sales.astype({"day": other["day"].dtype}),
                            on="day", suffixes=("", "_sales"))  # fmt: skip
    assert nearest["id_sales"].tolist() == [3, 4]
    assert len(pd.concat([sales, other])) == 62


def test_numpy_functions(sales):
    assert np.sqrt(sales["price"]).dtype == "float64"
    assert np.log1p(sales["qty"]).isna().sum() == 9
    assert np.percentile(sales["price"], 50) == 36.875
    assert np.where(sales["price"] > 10, "much", "little")[-1] == "much"
    assert np.where(sales["region"] == "north", 1, 0).sum() == 30
    assert sales[["id", "price"]].to_numpy().dtype == "float64"
    assert np.isfinite(sales["qty"].to_numpy(dtype=float, na_value=np.nan)).sum() == 51


def test_frames_go_back_to_a_table_unchanged(sales, io_client):
    table = "public.native_back"
    cio.dataframe_to_civis(
        sales, "sample", table, existing_table_rows="drop", client=io_client
    ).result()
    sql = f"select * from {table} order by id"
    back = cio.read_civis_sql(sql, "sample", "pandas", types="native", client=io_client)
    pd.testing.assert_frame_equal(back.drop(columns="day"), sales.drop(columns="day"))
    assert (back["day"] == sales["day"]).all()


def test_seaborn_draws_it(sales):
    pytest.importorskip("matplotlib").use("Agg")
    seaborn = pytest.importorskip("seaborn")
    from matplotlib import pyplot

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other packages, about one another
        for draw, options in (
            (seaborn.lineplot, {"x": "day", "y": "price"}),
            (seaborn.scatterplot, {"x": "at", "y": "qty", "hue": "region"}),
            (seaborn.histplot, {"x": "price", "hue": "region"}),
            (seaborn.boxplot, {"x": "region", "y": "price"}),
            (seaborn.barplot, {"x": "region", "y": "qty"}),
        ):
            axes = draw(data=sales, **options)
            assert axes.has_data()
            pyplot.close("all")


def test_scikit_learn_fits_it(sales):
    # 1.5 wants to write to columns, which are views of Arrow's memory.
    pytest.importorskip("sklearn", minversion="1.9")
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    model = make_pipeline(
        make_column_transformer(
            (SimpleImputer(), ["id", "qty"]), (OneHotEncoder(), ["region"]), remainder="drop"
        ),
        LinearRegression(),
    )
    model.fit(sales, sales["price"])
    assert model.score(sales, sales["price"]) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "list", "lazy"])
def test_every_kind_can_be_native(io_client, kind):
    sql = "select 1.50::decimal(4,2) as d, 7::smallint as n, null::date as day"
    found = cio.read_civis_sql(sql, "sample", kind, types="native", client=io_client)
    if kind == "list":
        assert found == [["d", "n", "day"], [1.5, 7, None]]
    elif kind == "arrow":
        assert [str(one) for one in found.schema.types] == ["double", "int64", "date32[day]"]
    elif kind == "pandas":
        assert [str(one) for one in found.dtypes] == ["float64", "int64", "datetime64[us]"]
    else:
        frame = found.collect() if kind == "lazy" else found
        assert frame.dtypes == [pl.Float64, pl.Int64, pl.Date]
        assert frame.rows() == [(1.5, 7, None)]


def test_lazy_columns_are_native_when_all_of_their_parts_are(io_client):
    sql = """select
    case when i = 150000 then 12345678901234567.89 else 1.5 end::decimal(38,2) as d,
    (i % 30000 * 0.01)::decimal(18,2) as e,
    (i % 30000)::smallint as n,
    case when i = 3 then timestamp '0044-03-15 10:00:00 BC' else timestamp '2020-01-01' end as t
    from generate_series(0, 199999) x(i)"""
    with pytest.warns(UserWarning, match="d stays decimal.*t stays text") as caught:
        lazy = cio.read_civis_sql(sql, "sample", "lazy", types="native", client=io_client)
    assert caught[0].filename == __file__
    frame = lazy.collect()
    assert frame.dtypes == [pl.Decimal(38, 2), pl.Float64, pl.Int64, pl.String]
    assert frame.height == 200_000
    assert frame["d"].max() == Decimal("12345678901234567.89")
    assert frame["e"].max() == 299.99


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "lazy"])
def test_no_rows_keep_their_native_types(io_client, kind):
    sql = "select 1.5::decimal(4,2) as d, 7 as n, true as ok, current_date as day where false"
    found = cio.read_civis_sql(sql, "sample", kind, types="native", client=io_client)
    if kind == "arrow":
        assert [str(one) for one in found.schema.types] == [
            "double",
            "int64",
            "bool",
            "date32[day]",
        ]
    elif kind == "pandas":
        assert [str(one) for one in found.dtypes] == ["float64", "int64", "bool", "datetime64[us]"]
    else:
        frame = found.collect() if kind == "lazy" else found
        assert frame.dtypes == [pl.Float64, pl.Int64, pl.Boolean, pl.Date]


def test_a_column_that_stays_exact_is_warned_about_where_it_is_read(io_client):
    with pytest.warns(UserWarning, match="d stays decimal.*types='exact' keeps") as caught:
        frame = cio.read_civis_sql(LOSING, "sample", "pandas", types="native", client=io_client)
    assert caught[0].filename == __file__
    assert frame["d"][0] == Decimal("0.12345678901234567891")
    assert frame["e"].dtype == "float64"


def test_whole_tables_have_the_types_of_their_columns(io_client):
    cio.query_civis(
        "drop table if exists native_typed; create table native_typed as select "
        "1.10::decimal(10,2) as d, '01' as s",
        "sample",
        client=io_client,
    ).result()
    found = cio.read_civis("native_typed", "sample", return_as="pandas", types="native",
                           client=io_client)  # fmt: skip
    assert found["d"].tolist() == [1.1]
    assert found["s"].tolist() == ["01"]


def test_options_of_a_parser_are_refused(io_client):
    with pytest.raises(CivisInputError, match="sep: native types take no options"):
        cio.read_civis_sql(
            "select 1", "sample", "pandas", types="native", sep=";", client=io_client
        )
