"""What the PyPI package ``civis`` has can be imported here, or says what to use instead."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings

import pytest

import civis_nb

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import civis

    MODULES = {
        name: importlib.import_module(name)
        for name in [
            "civis",
            *(one.name for one in pkgutil.walk_packages(civis.__path__, "civis.")),
        ]
        if not any(part.startswith("_") for part in name.split("."))
    }
#: Left-overs of modules without ``__all__``, which nobody imports: variables and a type.
NO_NAMES = {
    ("civis.base", "name"),
    ("civis.client", "DEFAULT_RETRYING_STR"),
    ("civis.futures", "DONE"),
    ("civis.futures", "FAILED"),
    ("civis.response", "T_Response"),
    ("civis.tests.mocks", "API_SPEC_PATH"),
}


def public_names(module) -> list[str]:
    """Return what a module says is public, else what is defined in it."""
    said = getattr(module, "__all__", None)
    if said is not None:
        return list(said)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and getattr(value, "__module__", module.__name__) == module.__name__
        and (module.__name__, name) not in NO_NAMES
    ]


CASES = [
    (module, name)
    for module, loaded in MODULES.items()
    if not module.startswith(("civis.ml", "civis.cli"))
    for name in public_names(loaded)
]


def test_the_modules_of_civis_are_walked():
    assert {"civis.io", "civis.parallel", "civis.tests.mocks", "civis.workflows"} <= set(MODULES)
    assert len(CASES) > 90


@pytest.mark.parametrize(("module", "name"), CASES)
def test_a_name_is_there_or_says_what_to_use_instead(module, name):
    ours = module.replace("civis", "civis_nb", 1)
    value, said = None, ""
    try:
        value = getattr(importlib.import_module(ours), name)
    except ImportError as error:
        said = str(error)
    if said:
        assert said.startswith("civis_nb has no " if name == "ml" else f"{ours} has no {name}: ")
        assert len(said) > 60  # it goes on with what there is
    else:
        theirs = getattr(MODULES[module], name)
        assert callable(value) == callable(theirs)
        assert inspect.isclass(value) == inspect.isclass(theirs)


SIGNATURES = [
    (module, name)
    for module, name in CASES
    if inspect.isfunction(getattr(MODULES[module], name))
    and module not in ("civis.resources", "civis.service_client")
]


@pytest.mark.parametrize(("module", "name"), SIGNATURES)
def test_a_function_takes_the_same_arguments(module, name):
    ours = getattr(importlib.import_module(module.replace("civis", "civis_nb", 1)), name)
    theirs = inspect.signature(getattr(MODULES[module], name)).parameters
    mine = inspect.signature(ours).parameters
    positional = [one for one, it in theirs.items() if it.kind is it.POSITIONAL_OR_KEYWORD]
    assert list(mine)[: len(positional)] == positional
    assert set(theirs) <= set(mine)


CLASSES = [
    (module, name) for module, name in CASES if inspect.isclass(getattr(MODULES[module], name))
]
#: How ServiceClient of civis makes its resources.
NO_MEMBERS = {"generate_classes", "generate_classes_maybe_cached"}


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_a_class_has_the_same_members(module, name):
    try:
        ours = getattr(importlib.import_module(module.replace("civis", "civis_nb", 1)), name)
    except ImportError:
        return  # it says what to use instead
    theirs = {each for each in dir(getattr(MODULES[module], name)) if not each.startswith("_")}
    assert theirs - NO_MEMBERS <= set(dir(ours))


def test_civis_ml_says_what_to_use():
    for attempt in (
        lambda: importlib.import_module("civis_nb.ml"),
        lambda: civis_nb.ml,
        lambda: importlib.import_module("civis_nb").ml.ModelPipeline,
    ):
        with pytest.raises(ImportError, match=r"deprecated and drops in 3\.0.*scikit-learn"):
            attempt()


def test_service_client_has_the_same_arguments():
    theirs = list(inspect.signature(civis.ServiceClient.__init__).parameters)
    assert (
        list(inspect.signature(civis_nb.ServiceClient.__init__).parameters)[: len(theirs)] == theirs
    )
