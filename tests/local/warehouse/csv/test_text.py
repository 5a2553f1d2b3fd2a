from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from civis_nb.local.warehouse.csv.text import csv_rows

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(text, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(deadline=None)
def test_our_reader_of_first_rows_agrees_with_pythons(rows):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert list(csv_rows(written.getvalue(), ",")) == rows
