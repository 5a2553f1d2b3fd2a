from __future__ import annotations

import pytest

from civis_nb.local.warehouse.csv.header import guess_header
from civis_nb.local.warehouse.csv.text import csv_rows
from tests.local.warehouse.csv.header_corpus import HEADLESS, WITH_HEADER


@pytest.mark.parametrize("kind", WITH_HEADER)
def test_first_rows_that_are_names(kind):
    assert guess_header(list(csv_rows(WITH_HEADER[kind], ","))).present


@pytest.mark.parametrize("kind", HEADLESS)
def test_first_rows_that_are_values(kind):
    assert not guess_header(list(csv_rows(HEADLESS[kind], ","))).present


def test_a_guess_says_when_little_speaks_for_it():
    rows = [["name", "city"], ["ann", "berlin"], ["bob", "rome"]]
    assert not guess_header(rows).certain
    assert guess_header(rows).present
    assert guess_header([["name", "n"], ["ann", "1"], ["bob", "2"]]).certain
