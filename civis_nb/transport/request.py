"""One request to the API, or to another host, as a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.transport.answers import Wanted

__all__ = ["Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: where it goes, what it carries, and how its reply is read.

    The attributes are those of `Session.request`; `method` is upper case, `url` is whole, and
    with `parse` the reply is read as JSON, which is to be `wanted`.
    """

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    timeout: float | tuple[float, float] | None = None
    stream: bool = False
    authenticated: bool = True
    accept: frozenset[int] = frozenset()
    parse: bool = False
    wanted: Wanted = ""
