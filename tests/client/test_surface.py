"""The official specification gives the same methods here and in the PyPI package ``civis``."""

from __future__ import annotations

import inspect

import pytest

from civis_nb.client.client import APIClient

#: method -> why it differs
DIFFERENCES: dict[str, str] = {}


def _shape(method):
    parameters = inspect.signature(method).parameters.values()
    return [(item.name, item.kind, item.default) for item in parameters]


def _methods(resource):
    return [name for name in dir(resource) if not name.startswith("_")]


@pytest.fixture(scope="module")
def ours(official_spec):
    return APIClient("key", local_api_spec=official_spec, endpoint="http://127.0.0.1:9")


@pytest.fixture(scope="module")
def theirs(official_spec):
    import civis

    return civis.APIClient("key", local_api_spec=str(official_spec))


def test_resources_and_methods_have_the_same_names_and_signatures(ours, theirs):
    resources = [
        name
        for name in sorted(vars(theirs))
        if type(getattr(theirs, name)).__module__.startswith("civis.resources")
    ]
    assert list(ours.spec.resources) == resources
    assert len(resources) == 41
    count, different = 0, {}
    for resource in resources:
        here, there = getattr(ours, resource), getattr(theirs, resource)
        assert type(here).__name__ == type(there).__name__
        assert _methods(here) == _methods(there)
        for name in _methods(there):
            count += 1
            if _shape(getattr(here, name)) != _shape(getattr(there, name)):
                different[f"{resource}.{name}"] = ""
    assert set(different) == set(DIFFERENCES)
    assert count == 909


def test_client_takes_the_same_arguments_and_more(theirs):
    import civis

    there = inspect.signature(civis.APIClient.__init__).parameters
    here = inspect.signature(APIClient.__init__).parameters
    assert list(here)[: len(there)] == list(there)
    for name, parameter in there.items():
        assert (here[name].kind, here[name].default) == (parameter.kind, parameter.default)
    extra = [here[name] for name in list(here)[len(there) :]]
    assert all(item.kind is inspect.Parameter.KEYWORD_ONLY for item in extra)


def test_look_ups_are_the_same():
    import civis

    for name in vars(civis.APIClient):
        if not name.startswith("_"):
            assert hasattr(APIClient, name), name
            there = inspect.getattr_static(civis.APIClient, name)
            if not isinstance(there, property):
                here = inspect.signature(getattr(APIClient, name)).parameters
                assert list(here) == list(inspect.signature(there).parameters)


def test_every_method_has_a_help_text(ours):
    for operation in ours.spec:
        method = getattr(getattr(ours, operation.resource), operation.name)
        assert operation.summary.split()[0] in method.__doc__
        assert "Returns\n-------" in method.__doc__
        assert max(map(len, method.__doc__.splitlines())) < 160


def test_scripts_can_import_every_public_name_of_the_thin_modules():
    from civis_nb import base, response

    for module in (response,):
        assert all(hasattr(module, name) for name in module.__all__)
    assert base.get_base_url().endswith("/")
    assert base.DONE == ["success", "succeeded", "failed", "cancelled"]
    assert base.CivisAsyncResultBase.__module__.startswith("civis_nb.futures")
    with pytest.raises(AttributeError):
        base.no_such_name  # noqa: B018
