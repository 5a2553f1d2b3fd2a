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


@pytest.mark.contract("C19")
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


def test_nearest_names_are_told(ours):
    with pytest.raises(
        AttributeError, match=r"client\.scripts has no method 'post_sqll'"
    ) as caught:
        ours.scripts.post_sqll  # noqa: B018
    assert "Did you mean post_sql" in str(caught.value)
    with pytest.raises(AttributeError, match="Did you mean scripts"):
        ours.script  # noqa: B018


@pytest.mark.parametrize("name", ["APIClient", "Response", "ListResponse", "PaginatedResponse"])
def test_classes_have_what_those_of_the_other_package_have(name):
    import civis

    import civis_nb

    here, there = getattr(civis_nb, name), getattr(civis, name)
    assert {item for item in vars(there) if not item.startswith("_")} <= set(dir(here))
    if name != "APIClient":
        theirs = inspect.signature(there.__init__).parameters
        assert list(inspect.signature(here.__init__).parameters) == list(theirs)


@pytest.mark.parametrize("module", ["base", "client", "loggers", "polling", "response"])
def test_modules_are_attributes_of_the_package(module):
    import civis_nb

    assert getattr(civis_nb, module).__name__ == f"civis_nb.{module}"


@pytest.mark.parametrize(
    "name",
    ["find", "find_one", "base.get_headers", "base.open_session", "base.retry_request",
     "base.tostr_urljoin", "base.get_base_url", "response.convert_response_data_type"],
)  # fmt: skip
def test_functions_take_the_same_arguments(name):
    import operator

    import civis

    import civis_nb

    here, there = (operator.attrgetter(name)(package) for package in (civis_nb, civis))
    assert [(item.name, item.default) for item in inspect.signature(here).parameters.values()] == [
        (item.name, item.default) for item in inspect.signature(there).parameters.values()
    ]


def test_constants_are_the_same():
    import civis.base

    from civis_nb import base

    for name in ("DONE", "FINISHED", "FAILED", "CANCELLED", "NOT_FINISHED", "STATE_TRANS"):
        assert getattr(base, name) == getattr(civis.base, name)


def test_every_recorded_request_of_the_specification_is_accepted(
    ours, official_spec, recorded_requests
):
    """What the real service has taken once is refused by no check of ours."""
    from civis_nb.client.arguments import prepare
    from civis_nb.errors import CivisArgumentError

    operations = {(item.verb, item.path): item for item in ours.spec if not item.legacy_of}
    count, refused = 0, []
    for verb, path, given in recorded_requests(official_spec):
        operation = operations.get((verb, path))
        if operation is not None:
            count += 1
            try:
                prepare(operation, given)
            except CivisArgumentError as error:
                refused.append(str(error))
    assert count > 400
    # Three recordings have a placeholder such as ``:sync_id`` in the place of a number.
    assert len(refused) == 3, refused
    assert all("must be int, not str: ':" in text for text in refused)


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
