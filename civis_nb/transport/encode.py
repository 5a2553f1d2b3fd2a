"""Python values to the query string and the JSON body, by section 1.3 and 1.4 of the protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from civis_nb.errors import CivisInputError

__all__ = ["json_bytes", "query_items"]


def query_items(params: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return the pairs of a query string.

    None is left out; a list, tuple or set becomes a repeated ``name[]``.

    Examples
    --------
    >>> query_items({"state": ["running", "failed"], "hidden": True, "author": None})
    [('state[]', 'running'), ('state[]', 'failed'), ('hidden', True)]
    """
    items: list[tuple[str, Any]] = []
    for name, value in (params or {}).items():
        if value is None:
            continue
        if isinstance(value, (list, tuple, set, frozenset)):
            items.extend((f"{name}[]", item) for item in value if item is not None)
        elif isinstance(value, Mapping):
            items.extend((name, key) for key in value)
        else:
            items.append((name, value))
    return items


def json_bytes(body: Any) -> bytes:
    """Return the JSON of a body, UTF-8.

    numpy's numbers, dates, decimals, sets and responses are taken as what they stand for.

    Raises
    ------
    CivisInputError
        When a value has no JSON form, NaN and infinity among them.

    Examples
    --------
    >>> json_bytes({"name": "a", "hidden": None})
    b'{"name": "a", "hidden": null}'
    """
    try:
        return json.dumps(body, default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CivisInputError(f"The arguments have no JSON form: {error}.") from None


def _plain(value: Any) -> Any:
    """Return an object as JSON has it: numpy's, pandas', dates, sets, paths."""
    if hasattr(value, "json_data"):
        return value.json_data
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, Mapping):
        return dict(value)
    for method in ("tolist", "isoformat"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    if type(value).__name__ in ("Decimal", "UUID") or hasattr(value, "__fspath__"):
        return str(value)
    raise TypeError(f"{type(value).__name__} {value!r:.100} can't be sent")
