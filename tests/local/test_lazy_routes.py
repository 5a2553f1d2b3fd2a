"""Routes that are looked up by their paths."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from civis_nb.local.http.lazy_routes import LazyApi


def test_routes_of_the_start_are_listed():
    api = LazyApi()
    routes = [Route("/jobs", FastAPI()), Route("/jobs/{id}", FastAPI())]
    api.add_indexed(routes)
    assert list(api.indexed()) == routes


def test_what_has_no_path_of_its_own_is_no_indexed_route():
    with pytest.raises(TypeError, match="is no Route"):
        LazyApi().add_indexed([Mount("/files", FastAPI())])
