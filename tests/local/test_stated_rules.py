"""Requests that the specification allows are refused for what it can't state, and nothing else."""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import quote

import pytest
import requests

from civis_nb.local import start
from civis_nb.local.http.official import NOT_IMPLEMENTED

pytestmark = pytest.mark.exhaustive

ROUNDS = 6
TEXTS = (
    "a", "", " ", "x y", "Ünï", "0", "1", "true", "null", "a" * 300, "public.t", "SELECT 1",
    "a@b.c", "it's", "\n", "%", "-1", "sql, python3", "database",
)  # fmt: skip
BY_FORMAT = {
    "date-time": ("2026-01-31T12:00:00Z", "2020-01-01", "2030-12-31 10:00:00+02:00"),
    "json": ("1", "{}", "[1]", "null", '"a"'),
}
#: What depends on other values, or on what there is on this platform: no schema can state it.
DEPENDENT = (
    r"[Tt]here is no |could not be found",
    r"ids of |can't be made a parent|is no script|has been archived",
    r"can be a filter only together with",
    r"organization_id: a local platform has one organization",
    r"can't change its type",
    r"parts of file \d+ have not arrived",
    r"Give a message, or messages",
    r"must be within 36 hours",
    r"(source|destination)\.remoteHostId is required",
    r"The (source|destination) of a sync of type",
    r"owns .* and may manage it",
    r"the local platform keeps only",
    r"The local platform does not know constraints",
    r"Parameter .*(is of type|can.t have|comes twice|can't be blank|can't be)",
    r"Workflow \d+ (has no definition|can't be executed)|workflow definition",
    r"Give a definition or from_job_chain, not both",
    r"The local platform has no storage hosts",
    r"primaryKeys must name the columns",
    r"job \d+ is no |is required and has no value",
    r"path must be schema\.table",
    r"scheduled_days or scheduled_days_of_month, not both|names no hour",
    r"is no time zone|time zone",
    r"name can't be blank",
)  # fmt: skip


class Generator:
    """Makes values that a specification allows."""

    def __init__(self, spec: dict[str, Any], seed: str) -> None:
        self._definitions = spec["definitions"]
        self._random = random.Random(seed)
        self.choice = self._random.choice

    def happens(self, share: float) -> bool:
        return self._random.random() < share

    def value(self, schema: dict[str, Any]) -> Any:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return self.choice(schema["enum"])
        kind = schema.get("type", "object")
        return getattr(self, f"_{kind}")(schema)

    def _string(self, schema: dict[str, Any]) -> str:
        texts = BY_FORMAT.get(schema.get("format", ""), TEXTS)
        longest, pattern = schema.get("maxLength", 10**6), schema.get("pattern", "")
        allowed = [text for text in texts if len(text) <= longest and re.search(pattern, text)]
        return str(self.choice(allowed))

    def _integer(self, schema: dict[str, Any]) -> int:
        least, most = schema.get("minimum", -3), schema.get("maximum", 10**6)
        numbers = (least, most, 1, 1, 1, 2, 0, -1, 100)
        return int(self.choice([n for n in numbers if least <= n <= most]))

    _number = _integer

    def _boolean(self, _schema: dict[str, Any]) -> bool:
        return self.happens(0.5)

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        least = schema.get("minItems", 0)
        count = self.choice((least, least + 1))
        return [self.value(schema.get("items", {})) for _ in range(count)]

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self.value(field)
            for name, field in schema.get("properties", {}).items()
            if name in required or self.happens(0.3)
        }


def _request(
    make: Generator, path: str, operation: dict[str, Any], known: dict[str, list[int]]
) -> tuple[str, Any, dict[str, Any]]:
    """Return path, body and query of a request that an operation allows."""
    body, query = None, {}
    for parameter in operation["parameters"]:
        name, place = parameter["name"], parameter["in"]
        if place == "body":
            body = make.value(parameter["schema"])
        elif place == "path":
            start = path.partition("{")[0].rstrip("/")
            is_id = parameter["type"] == "integer"
            value = make.choice(known.get(start, [1])) if is_id else make.value(parameter)
            path = path.replace(f"{{{name}}}", quote(str(value).strip() or "a", safe=""))
        elif parameter["required"] or make.happens(0.3):
            value = make.value(parameter)
            query[name] = str(value).lower() if isinstance(value, bool) else value
    return path, body, query


@pytest.fixture
def own_platform():
    """Yield a platform that no other test sees: it gets thousands of odd objects."""
    with start(samples=False) as platform:
        yield platform


def test_what_the_specification_allows_is_refused_for_dependent_reasons_only(own_platform):
    session = requests.Session()
    session.auth = (own_platform.api_key, "")

    def http(method, path, **sent):
        return session.request(method, own_platform.endpoint + path, timeout=60, **sent)

    spec = http("GET", "/endpoints").json()
    known: dict[str, list[int]] = {}
    unexplained: dict[str, Any] = {}
    for number in range(ROUNDS):
        for path, verbs in spec["paths"].items():
            for verb, operation in verbs.items():
                # Keys are left alone: the tests use one.
                if NOT_IMPLEMENTED in operation or "api_keys" in path:
                    continue
                # Of each its own, so that further operations change nothing for the others.
                make = Generator(spec, seed=f"{number} {verb} {path}")
                if verb == "delete" and make.happens(0.8):
                    continue
                sent = _request(make, path, operation, known)
                answer = http(verb.upper(), sent[0], json=sent[1], params=sent[2])
                assert answer.status_code < 500 or answer.status_code == 501, (sent, answer.text)
                if verb == "post" and answer.status_code in (200, 201) and "{" not in path:
                    made = answer.json()
                    if isinstance(made, dict) and isinstance(made.get("id"), int):
                        known.setdefault(path.rstrip("/"), [1]).append(made["id"])
                if answer.status_code in (400, 422):
                    reason = answer.json()["errorDescription"]
                    if not re.search("|".join(DEPENDENT), reason, re.DOTALL):
                        unexplained[re.sub(r"'.*?'|\d+", "…", reason)[:80]] = (verb, *sent, reason)
    assert not unexplained, "\n".join(map(str, unexplained.values()))
