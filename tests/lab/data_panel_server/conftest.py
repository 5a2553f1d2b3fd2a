"""A platform as the server part of the Data panel reads it."""

from __future__ import annotations

import pytest

import civis_nb
from civis_nb.io import query_civis
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.data.panel import Data

SETUP = """
create schema mart;
create schema "Empty one";
create table mart."Odd <b>""name" ("a b" integer, "order" varchar(20), half double precision,
                                   day date, flag boolean);
insert into mart."Odd <b>""name" values
    (1, 'x', 0.5, '2024-01-02', true), (2, 'x', 1.5, '2024-03-04', false),
    (3, null, null, null, null), (4, '<i>', 4.5, '2025-01-01', true);
create view mart.seen as select 1 as one;
"""


@pytest.fixture(scope="module")
def client():
    with civis_nb.local.start(samples=False) as platform:
        client = platform.client()
        query_civis(SETUP, client.databases.list()[0].id, client=client).result()
        yield client


@pytest.fixture
def account(client):
    return Account(client)


@pytest.fixture
def catalog(account):
    return Catalog(account)


@pytest.fixture
def data(account, catalog):
    return Data(account, catalog)


@pytest.fixture
def database(client):
    return client.databases.list()[0]


def table_of(data, database, schema, name):
    for one in data.tables(database.id)["schemas"]:
        for table in one["tables"]:
            if (one["name"], table[1]) == (schema, name):
                return table
    raise AssertionError(f"{schema}.{name} is not listed")
