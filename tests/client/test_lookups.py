"""Look-ups by name."""

from __future__ import annotations

import pytest

from civis_nb.errors import CivisClientError, CivisInputError


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


@pytest.mark.contract("C45")
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


def test_table_that_was_made_anew_has_its_new_id(filled, scripted):
    assert filled.get_table_id("s.T", 1) == 6
    scripted.on("GET", "/tables", [{"id": 60, "schema": "s", "name": "T"}])
    assert filled.get_table_id("s.T", 1) == 60


@pytest.mark.contract("C45")
def test_table_must_have_the_very_name(filled, scripted):
    assert filled.get_table_id("s.T", "Red") == 6
    assert filled.get_table_id("s.T", 1) == 6
    seen = scripted.seen("GET", "/tables")[-1]
    assert seen.query == [("database_id", "1"), ("schema", "s"), ("name", "T")]
    with pytest.raises(CivisInputError, match=r"Table s\.find% not found"):
        filled.get_table_id("s.find%", 1)


@pytest.mark.contract("C45")
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


@pytest.mark.parametrize("name", ["Dup", "DUUP"])
def test_ambiguous_or_missing_database_is_refused_with_the_nearest(filled, name):
    with pytest.raises(CivisInputError, match=f"{name} not found. Did you mean (dup or DUP|DUP)"):
        filled.get_database_id(name)


@pytest.mark.parametrize("name", ["", None, "nope", True, 1.5, ["Red"]])
def test_databases_without_a_name_are_passed_by(client, scripted, name):
    scripted.on("GET", "/databases", [{"id": 1}, {"id": 2, "name": None}, {"id": 3, "name": "Red"}])
    assert client.get_database_id("red") == 3
    with pytest.raises(CivisInputError, match="not found"):
        client.get_database_id(name)


@pytest.mark.parametrize("name", [None, 5, b"s.t"])
def test_name_of_a_table_must_be_text(filled, scripted, name):
    with pytest.raises(CivisInputError, match="A table's name is text"):
        filled.get_table_id(name, 1)
    assert not scripted.requests


def test_missing_table_is_told_with_the_nearest(client, scripted, reply):
    def answer(seen):
        is_pattern = dict(seen.query)["name"] == "f%"
        return reply([{"id": 5, "name": "finds", "schema": "s"}] if is_pattern else [])

    scripted.on("GET", "/tables", answer)
    with pytest.raises(CivisInputError, match=r"Table s\.fines not found\. Did you mean finds\?"):
        client.get_table_id("s.fines", 1)


def test_look_for_the_nearest_that_fails_changes_no_error(client, scripted, reply):
    scripted.on("GET", "/tables", [], reply({}, 500))
    with pytest.raises(CivisInputError, match=r"Table s\.fines not found\.$"):
        client.get_table_id("s.fines", 1)


def test_schema_is_no_pattern(client, scripted):
    tables = [{"id": 1, "name": "t", "schema": "s1"}, {"id": 2, "name": "t", "schema": "S"}]
    scripted.on("GET", "/tables", tables)
    assert client.get_table_id("s.t", 1) == 2
    with pytest.raises(CivisInputError, match="not found"):
        client.get_table_id("s%.t", 1)


def test_table_of_one_name_in_several_schemas_is_refused(client, scripted):
    tables = [{"id": 1, "name": "t", "schema": "a"}, {"id": 2, "name": "t", "schema": "b"}]
    scripted.on("GET", "/tables", tables)
    with pytest.raises(CivisInputError, match=r"in several schemas \(a, b\)"):
        client.get_table_id("t", 1)


def test_missing_credentials_are_told_with_the_nearest(filled):
    with pytest.raises(CivisInputError, match="Did you mean aws"):
        filled.get_aws_credential_id("AWSS")
    with pytest.raises(
        CivisInputError, match=r"owned by nobody cannot .* It is owned by you, me\."
    ):
        filled.get_aws_credential_id("aws", owner="nobody")
    with (
        pytest.warns(FutureWarning),
        pytest.raises(CivisInputError, match=r"ID for uu on Red not found\. Did you mean u\?"),
    ):
        filled.get_database_credential_id("uu", "Red")


def test_client_that_gives_raw_answers_looks_up_as_well(filled, make_client, at_once):
    client = make_client(return_type="raw", retries=at_once)
    assert client.get_database_id("Red") == 1
    assert client.get_table_id("s.t", "Red") == 6
    assert client.get_storage_host_id("S3") == 4
    assert client.get_aws_credential_id("aws") == 9
    assert client.default_database_credential_id == 8
    assert client.username == "me"


@pytest.mark.parametrize("answer", [{}, {"id": 1}, None])
def test_answer_that_is_no_list_is_a_client_error(client, scripted, answer):
    scripted.on("GET", "/databases", answer)
    with pytest.raises(CivisClientError, match=r"GET /databases .*(no|where a) list"):
        client.get_database_id("Red")


def test_user_without_a_name_is_a_client_error(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    with pytest.raises(CivisClientError, match="no user name"):
        client.username  # noqa: B018
