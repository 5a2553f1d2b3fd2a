"""What is exported and imported again is what it was."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import CsvSettings, ImportOptions, ignore_log

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
tricky = st.sampled_from(
    ["", "NA", "null", '"', '""', "\n", "\r\n", ",", "|", "\\", "00501", "1E5", " "]
)
cells = st.one_of(st.none(), text, tricky)
rows = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), cells), min_size=1, max_size=20)


def sql_text(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


@given(rows=rows, delimiter=st.sampled_from(["comma", "tab", "pipe"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_and_integers_come_back(bench, rows, delimiter):
    values = ", ".join(f"({i}, {sql_text(s)})" for i, s in rows)
    bench.sql(
        f"DROP TABLE IF EXISTS t; CREATE TABLE t (i BIGINT, s VARCHAR); INSERT INTO t "
        f"VALUES {values}"
    )
    chosen = CsvSettings(column_delimiter=delimiter)
    export = bench.warehouse.export_csv(
        "SELECT * FROM t", bench.folder, "round", chosen, CancelToken(), ignore_log
    )
    options = ImportOptions(
        "public",
        "u",
        first_row_is_header=True,
        column_delimiter=delimiter,
        compression="gzip",
        existing_table_rows="drop",
        table_columns=tuple((c.name, c.sql_type) for c in export.columns),
    )
    paths = [part.path for part in export.parts]
    bench.warehouse.import_csv([(paths, options)], CancelToken(), ignore_log)
    assert bench.rows("SELECT * FROM u") == [[str(i), s] for i, s in rows]
