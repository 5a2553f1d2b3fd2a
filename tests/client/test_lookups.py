"""Look-ups by name."""

from __future__ import annotations

import pytest

from civis_nb.client.lookups import split_table_name
from civis_nb.errors import CivisInputError


@pytest.fixture
def filled(client, scripted):
    scripted.on(
        "GET",
        "/databases",
        [{"id": 1, "name": "Red"}, {"id": 2, "name": "dup"}, {"id": 3, "name": "DUP"}],
    )
    scripted.on(
        "GET",
        "/credentials",
        [
            {"id": 8, "name": "aws", "username": "u", "owner": "you", "remoteHostId": None},
            {"id": 9, "name": "aws", "username": "u", "owner": "me", "remoteHostId": 1},
        ],
    )
    scripted.on("GET", "/users/me", {"username": "me", "featureFlags": {"aB": True, "c": False}})
    scripted.on("GET", "/storage_hosts", [{"id": 4, "name": "S3"}])
    scripted.on(
        "GET",
        "/tables",
        [
            {"id": 5, "name": "finds", "schema": "s"},
            {"id": 6, "name": "t", "schema": "s"},
        ],
    )
    return client


def test_database_by_name_or_id_is_asked_for_once(filled, scripted):
    assert [filled.get_database_id(name) for name in ("Red", "red", "dup", "DUP", 7)] == [
        1,
        1,
        2,
        3,
        7,
    ]
    assert len(scripted.seen("GET", "/databases")) == 1
    with pytest.raises(CivisInputError, match="Did you mean Red"):
        filled.get_database_id("Rad")
    with pytest.raises(ValueError, match="Database Dup not found"):
        filled.get_database_id("Dup")


def test_database_that_was_added_is_found(filled, scripted):
    filled.get_database_id("Red")
    scripted.on("GET", "/databases", [{"id": 11, "name": "new"}])
    assert filled.get_database_id("new") == 11


def test_table_must_have_the_very_name(filled, scripted):
    assert filled.get_table_id("s.T", "Red") == 6
    assert filled.get_table_id("s.T", 1) == 6
    (seen,) = scripted.seen("GET", "/tables")
    assert seen.query == [("database_id", "1"), ("schema", "s"), ("name", "T")]
    with pytest.raises(CivisInputError, match=r"Table s\.find% not found"):
        filled.get_table_id("s.find%", 1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("t", (None, "t")),
        ("s.t", ("s", "t")),
        ('"a.b"."c""d"', ("a.b", 'c"d')),
        ('s."T x"', ("s", "T x")),
    ],
)
def test_table_names_are_split(text, parts):
    assert split_table_name(text) == parts


@pytest.mark.parametrize("text", ["", "a.b.c", "a.", ".b", '"a', '"a"b', "a..b"])
def test_odd_table_names_are_refused(text):
    with pytest.raises(CivisInputError, match="no table name"):
        split_table_name(text)


def test_credentials(filled, scripted):
    with pytest.warns(FutureWarning, match="default_database_credential_id") as warned:
        assert filled.default_credential == 8
    assert warned[0].filename == __file__
    assert filled.default_database_credential_id == 8
    assert len(scripted.seen("GET", "/credentials")) == 1
    assert filled.get_aws_credential_id("aws", owner="you") == 8
    assert filled.get_aws_credential_id("aws") == 9
    assert filled.get_aws_credential_id(3) == 3
    with pytest.raises(ValueError, match="owned by them cannot be found"):
        filled.get_aws_credential_id("aws", "them")


def test_credential_by_user_name_is_an_old_way_that_warns(filled):
    with pytest.warns(FutureWarning, match="get_database_credential_id") as warned:
        assert filled.get_database_credential_id("u", "Red") == 9
    assert warned[0].filename == __file__
    with pytest.warns(FutureWarning, match="please use"):
        assert filled.get_database_credential_id(5, "Red") == 5
    with (
        pytest.raises(ValueError, match="Credential ID for nobody on Red not found"),
        pytest.warns(FutureWarning, match="please use"),
    ):
        filled.get_database_credential_id("nobody", "Red")


def test_no_default_credential_is_none_and_asked_for_again(client, scripted):
    scripted.on("GET", "/credentials", [])
    assert client.default_database_credential_id is None
    scripted.on("GET", "/credentials", [{"id": 1}])
    assert client.default_database_credential_id == 1


def test_user_and_storage_host(filled, scripted):
    assert filled.username == "me"
    with pytest.warns(FutureWarning, match="get_me") as warned:
        assert filled.feature_flags == ("a_b",)
    assert warned[0].filename == __file__
    assert len(scripted.seen("GET", "/users/me")) == 1
    assert filled.get_storage_host_id("S3") == 4
    assert filled.get_storage_host_id(9) == 9
    with pytest.raises(ValueError, match="Storage host S4 not found"):
        filled.get_storage_host_id("S4")
