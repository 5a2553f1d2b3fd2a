"""The table of Civis Platform's operations, from the specification in the PyPI package `civis`.

Run it to write the table anew: python tests/local/operations_table.py
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

HEADER = "method\tpath\tstatus\tanswer\tdeprecated\tparameters"


def official() -> dict[str, Any]:
    """Return the specification of the package."""
    path = files("civis") / "resources" / "civis_api_spec.json"
    return json.loads(path.read_text(encoding="utf-8"))


def table() -> str:
    """Return the facts of all operations, a line each."""
    spec = official()
    lines = [
        "\t".join((verb.upper(), path, *_facts(spec, operation)))
        for path, verbs in sorted(spec["paths"].items())
        for verb, operation in sorted(verbs.items())
    ]
    return "\n".join((HEADER, *lines)) + "\n"


def _facts(spec: dict[str, Any], operation: dict[str, Any]) -> tuple[str, str, str, str]:
    status, answer = next(iter(operation["responses"].items()))
    schema = answer.get("schema")
    kind = _resolved(spec, schema).get("type", "object") if schema else ""
    # What clients leave out is told by the summary alone.
    is_old = "deprecated" in operation["summary"].lower()
    parameters = [one for raw in operation["parameters"] for one in _parameters(spec, raw)]
    return status, kind, "deprecated" if is_old else "", " ".join(parameters)


def _parameters(spec: dict[str, Any], raw: dict[str, Any]) -> list[str]:
    if raw["in"] != "body":
        return [_parameter(spec, raw["name"], raw["in"], raw, raw["required"])]
    body = _resolved(spec, raw["schema"])
    required = body.get("required", ())
    return [
        _parameter(spec, name, "body", schema, name in required)
        for name, schema in body.get("properties", {}).items()
    ]


def _parameter(
    spec: dict[str, Any], name: str, place: str, schema: dict[str, Any], required: bool
) -> str:
    schema = _resolved(spec, schema)
    kind = schema.get("type", "object")
    if kind == "array":
        kind += "/" + _resolved(spec, schema.get("items", {})).get("type", "object")
    return f"{name}:{place}:{kind}" + ("!" if required else "")


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return spec["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


if __name__ == "__main__":
    from civis_nb.local.http.official import TABLE

    TABLE.write_text(table(), encoding="utf-8")
