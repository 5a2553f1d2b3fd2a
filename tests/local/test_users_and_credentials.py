"""Users, databases and credentials of a fresh platform."""

from __future__ import annotations

import pytest
import requests


@pytest.mark.contract("S73")
def test_me(http):
    me = http.json("GET", "/users/me")
    assert me["username"]
    assert isinstance(me["id"], int)
    assert all(isinstance(flag, bool) for flag in me["featureFlags"].values())
    assert me["featureFlags"]


def test_users_by_id_and_query(http):
    me = http.json("GET", "/users/me")
    assert http.json("GET", f"/users/{me['id']}")["user"] == me["username"]
    assert [u["id"] for u in http.json("GET", "/users?query=LOCAL")] == [me["id"]]
    assert http.json("GET", "/users?query=nobody%25") == []
    assert http("GET", "/users/77").status_code == 404


@pytest.mark.contract("S32")
def test_the_databases_are_one_list_with_unique_names(http):
    found = http.json("GET", "/databases")
    assert [(d["id"], d["name"], d["adapter"]) for d in found] == [(1, "sample", "duckdb")]
    assert http.json("GET", "/databases/1") == found[0]
    assert http("GET", "/databases/2").status_code == 404


@pytest.mark.contract("S31")
def test_a_fresh_user_has_one_default_credential(http):
    found = http.json("GET", "/credentials?default=True&type=Database")
    assert len(found) == 1
    assert found[0]["remoteHostName"] == "sample"


def test_credentials_live_and_die_without_showing_their_password(http):
    body = {"type": "Custom", "username": "me", "password": "secret-word", "description": "d"}
    made = http.json("POST", "/credentials", json=body)
    assert made["name"] == "me"
    path = f"/credentials/{made['id']}"
    changed = http.json("PATCH", path, json={"name": "other", "description": None})
    assert (changed["name"], changed["description"]) == ("other", None)
    replaced = http.json("PUT", path, json={**body, "type": "Certificate"})
    assert (replaced["type"], replaced["name"]) == ("Certificate", "me")
    assert "secret-word" not in http("GET", path).text + http("GET", "/credentials").text
    assert http("DELETE", path).status_code == 204
    assert http("DELETE", path).status_code == 404


@pytest.mark.contract("S31")
def test_the_default_can_be_given_to_another_and_back(http):
    before = http.json("GET", "/credentials?default=true")[0]["id"]
    body = {"type": "Database", "username": "x", "password": "p", "default": True}
    made = http.json("POST", "/credentials", json=body)
    assert [c["id"] for c in http.json("GET", "/credentials?default=true")] == [made["id"]]
    http.json("PATCH", f"/credentials/{before}", json={"default": True})
    assert [c["id"] for c in http.json("GET", "/credentials?default=true")] == [before]
    http("DELETE", f"/credentials/{made['id']}")


@pytest.mark.contract("S18")
def test_order_and_limit(http):
    ids = [
        http.json(
            "POST",
            "/credentials",
            json={"name": f"order {n}", "type": "Custom", "username": "x", "password": "p"},
        )["id"]
        for n in range(3)
    ]
    names = [
        [c["name"] for c in http.json("GET", f"/credentials?name=order&order=name&{more}")]
        for more in ("order_dir=asc", "order_dir=desc&limit=2", "order_dir=asc&limit=2&page_num=2")
    ]
    assert names == [
        ["order 0", "order 1", "order 2"],
        ["order 2", "order 1"],
        ["order 2"],
    ]
    for made in ids:
        http("DELETE", f"/credentials/{made}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"type": "Nonsense", "username": "a", "password": "b"}, "Nonsense"),
        ({"type": "Custom", "username": "a"}, "password"),
        ({"type": "Custom", "username": "", "password": "b"}, "username"),
        ({"type": "Database", "username": "a", "password": "b", "remoteHostId": 9}, "9"),
    ],
)
def test_bad_credentials_are_refused(http, body, said):
    answer = http("POST", "/credentials", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["errorDescription"]


def test_more_keys_can_be_made_and_revoked(http):
    body = {"name": "mine", "expires_in": 3600}
    made = http.json("POST", "/users/me/api_keys", json=body)

    def status() -> int:
        url = http.endpoint + "/users/me"
        return requests.get(url, auth=(made["token"], ""), timeout=30).status_code

    assert [status(), status()] == [200, 200]
    path = f"/users/me/api_keys/{made['id']}"
    assert http.json("GET", path)["active"]
    assert made["token"] not in http("GET", path).text + http("GET", "/users/1/api_keys").text
    assert http.json("DELETE", path)["revokedAt"]
    assert status() == 401
    assert not http.json("GET", path)["active"]


def test_a_key_ends_when_it_expires(http):
    body = {"name": "short", "expires_in": 1}
    token = http.json("POST", "/users/me/api_keys", json=body)["token"]
    answer = requests.get(http.endpoint + "/users/me", auth=(token, ""), timeout=30)
    while answer.status_code == 200:
        answer = requests.get(http.endpoint + "/users/me", auth=(token, ""), timeout=30)
    assert answer.status_code == 401
    assert "expired" in answer.json()["errorDescription"]


def test_bad_requests_for_keys(http):
    own = http.json("GET", "/users/me/api_keys?order_dir=asc")[0]
    assert http("DELETE", f"/users/me/api_keys/{own['id']}").status_code == 409
    assert http("GET", "/users/2/api_keys").status_code == 404
    assert http("GET", "/users/me/api_keys/99").status_code == 404
    for body in ({"name": "a"}, {"name": "a", "expires_in": 0}, {"expires_in": 9}):
        assert http("POST", "/users/me/api_keys", json=body).status_code == 400


@pytest.mark.contract("S56")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ('"a"', "a"),
        ("[1, null]", [1, None]),
        ("null", None),
        ('{"fooBar": 1}', {"fooBar": 1}),
    ],
)
def test_json_values_come_back_parsed(http, text, value):
    made = http.json("POST", "/json_values", json={"name": "n", "value_str": text})
    assert made["value"] == value
    assert http.json("GET", f"/json_values/{made['id']}") == made
    changed = http.json("PATCH", f"/json_values/{made['id']}", json={"valueStr": "2"})
    assert (changed["name"], changed["value"]) == ("n", 2)


@pytest.mark.contract("S56")
@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", "abc", "1e999", "[-1e0999]", "9" * 400 + ".0"]
)
def test_what_is_no_json_is_no_json_value(http, text):
    answer = http("POST", "/json_values", json={"value_str": text})
    assert answer.status_code == 400
    assert "JSON" in answer.json()["errorDescription"]


@pytest.mark.parametrize("number", ["1e999", "-1E+400", "9" * 400 + ".0"])
def test_a_number_that_no_reply_could_tell_is_refused(http, number):
    # It came back as null.
    body = f'{{"name": "n", "source": "1", "arguments": {{"X": {number}}}}}'
    answer = http(
        "POST", "/scripts/python3", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert "1.8e308" in answer.json()["errorDescription"]


def test_large_numbers_that_can_be_told_are_kept(http):
    made = http.json(
        "POST", "/json_values", json={"value_str": "[1e308, 1e-999, 1" + "0" * 400 + "]"}
    )
    assert http.json("GET", f"/json_values/{made['id']}")["value"] == [1e308, 0.0, 10**400]


def test_there_are_no_storage_hosts(http):
    assert http.json("GET", "/storage_hosts") == []
