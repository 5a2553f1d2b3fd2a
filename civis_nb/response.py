"""Names of responses, at the path that scripts import them from."""

from __future__ import annotations

from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.find import find, find_one
from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.response import ListResponse, Response, camel_to_snake
from civis_nb.errors import CivisClientError, CivisImmutableResponseError

__all__ = [
    "CivisClientError",
    "CivisImmutableResponseError",
    "ListResponse",
    "PaginatedResponse",
    "Response",
    "camel_to_snake",
    "convert_response_data_type",
    "find",
    "find_one",
]
