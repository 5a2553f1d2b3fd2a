"""Answers of the API as the user wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civis_nb.client.response import ListResponse, Response
from civis_nb.errors import CivisClientError

__all__ = ["convert_response_data_type"]

_MISSING = object()


def convert_response_data_type(
    response: Any,
    headers: Mapping[str, str] | None = None,
    return_type: str = "snake",
    from_json_values: bool = False,
) -> Any:
    """Return an answer of the API as the user wants it.

    Parameters
    ----------
    response
        The answer of requests, or its JSON.
    headers
        The headers, where `response` is JSON.
    return_type
        ``snake``: Response or ListResponse; ``raw``: the answer as it is.
    from_json_values
        Whether the answer is of ``/json_values``.

    Raises
    ------
    CivisClientError
        When the answer is no JSON, or neither an object nor an array.

    Examples
    --------
    >>> convert_response_data_type([{"jobId": 1}])[0].job_id
    1
    """
    if return_type == "raw":
        return response
    data = response
    if hasattr(response, "status_code"):
        headers = response.headers
        try:
            data = response.json() if response.content else None
        except ValueError:
            data = _MISSING
        if data is _MISSING:
            raise CivisClientError("The answer of the server is no JSON.", response)
    if isinstance(data, list):
        return ListResponse(
            [
                Response(item, headers=headers, from_json_values=from_json_values)
                if isinstance(item, dict)
                else item
                for item in data
            ],
            headers=headers,
        )
    if data is None or isinstance(data, dict):
        return Response(data, headers=headers, from_json_values=from_json_values)
    raise CivisClientError(
        f"The server answered {data!r:.100}, neither an object nor an array.", None
    )
