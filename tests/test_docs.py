"""The documentation names everything that there is, and its code is run."""

from __future__ import annotations

import fnmatch
import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

import civis_nb
from civis_nb import config
from civis_nb.magics.options import Syntax

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if not {"examples", "notebooks"} & set(path.relative_to(DOCS).parts)
)
#: Modules whose names people import.
MODULES = [
    "base", "client", "config", "errors", "futures", "io", "local", "loggers", "parallel",
    "polling", "remote", "resources", "response", "run_joblib_func", "service_client", "spec",
    "testing", "tests", "utils", "widgets", "workflows",
]  # fmt: skip


def text_of(*parts: str) -> str:
    return DOCS.joinpath(*parts).read_text(encoding="utf-8")


def test_every_setting_is_documented():
    page = text_of("reference", "settings.md")
    for setting in config.SETTINGS.values():
        row = re.search(rf"^\| `{setting.name}` \| `{setting.env}` \|(.*?)\|", page, re.MULTILINE)
        assert row, setting.name
        if setting.default is not None:
            default = setting.default
            text = f"{default:g}" if isinstance(default, float) else str(default)
            assert row[1].strip().strip("`") == text
        for choice in setting.choices:
            assert f"`{choice}`" in page


def test_every_magic_is_documented_with_all_its_options():
    from civis_nb.magics import register

    page = text_of("reference", "magics.md")
    for name, kinds in register.NAMES.items():
        for kind in kinds:
            sign = "%" if kind == "line" else "%%"
            assert f"`{sign}{name}`" in page
    # The page has the help that is made of these descriptions.
    shown = [
        getattr(importlib.import_module(module), name)
        for module, name in re.findall(r"\{civis-magic\} (\S+)\.(\w+)", page)
    ]
    modules = [
        each for _, each in inspect.getmembers(register, inspect.ismodule)
        if each.__name__.startswith("civis_nb.magics.")
    ]  # fmt: skip
    described = [
        value for module in modules for value in vars(module).values() if isinstance(value, Syntax)
    ]
    assert len(described) >= len(register.NAMES)
    for syntax in described:
        assert any(syntax is one for one in shown), f"{syntax.magic} is on no page"
        for option in (*syntax.options, *syntax.positionals):
            assert option.help.strip()
        for option in syntax.options:
            for flag in option.flags:
                assert flag in syntax.help


def documented() -> set[tuple[str, str]]:
    """Return what the reference describes: modules and names."""
    found = set()
    for page in (DOCS / "reference").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"\.\. (?:autoclass|autofunction|data):: (\S+)", text):
            module, _, name = path.rpartition(".")
            found.add((module, name))
        for module in re.findall(r"\{civis-names\} (\S+)", text):
            found |= {(module, name) for name in importlib.import_module(module).__all__}
        for module, options in re.findall(r"\.\. automodule:: (\S+)\n((?:   :.*\n)*)", text):
            listed = re.search(r":members: (.+)", options)
            left_out = re.search(r":exclude-members: (.+)", options)
            names = set(
                listed[1].split(", ") if listed else importlib.import_module(module).__all__
            ) - set(left_out[1].split(", ") if left_out else ())
            found |= {(module, name) for name in names}
    return found


def test_every_public_name_is_documented():
    pairs = documented()
    objects = {id(getattr(importlib.import_module(module), name)) for module, name in pairs}
    public = [("civis_nb", name) for name in dir(civis_nb)]
    for module in MODULES:
        path = f"civis_nb.{module}"
        public += [(path, name) for name in importlib.import_module(path).__all__]
    missing = [
        f"{module}.{name}"
        for module, name in public
        if (module, name) not in pairs
        and not inspect.ismodule(value := getattr(importlib.import_module(module), name))
        and id(value) not in objects
    ]
    # The two that IPython calls, and the version.
    hooks = {"load_ipython_extension", "unload_ipython_extension", "__version__"}
    assert set(missing) == {f"civis_nb.{name}" for name in hooks}


def shown_members() -> set[int]:
    """Return the methods and properties that the reference shows, by their ids."""
    found = set()
    for page in (DOCS / "reference").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        classes = re.findall(r"\.\. autoclass:: (\S+)\n((?:   :.*\n)*)", text)
        for module, options in re.findall(r"\.\. automodule:: (\S+)\n((?:   :.*\n)*)", text):
            listed = re.search(r":members: (.+)", options)
            names = listed[1].split(", ") if listed else importlib.import_module(module).__all__
            classes += [(f"{module}.{name}", "   :members:\n") for name in names]
        for path, options in classes:
            module, _, name = path.rpartition(".")
            value = getattr(importlib.import_module(module), name)
            if not inspect.isclass(value) or ":members:" not in options:
                continue
            listed = re.search(r":members: (.+)", options)
            owners = value.__mro__ if ":inherited-members:" in options else [value]
            for owner in owners:
                found |= {
                    id(member)
                    for each, member in vars(owner).items()
                    if listed is None or each in listed[1].split(", ")
                }
    return found


def test_every_method_of_a_public_class_is_documented():
    shown = shown_members()
    missing = set()
    for module, name in documented():
        value = getattr(importlib.import_module(module), name)
        if not inspect.isclass(value) or name.startswith("_"):
            continue
        for each in dir(value):
            owner = next((one for one in value.__mro__ if each in vars(one)), object)
            member = vars(owner).get(each)
            if (
                not each.startswith("_")
                and owner.__module__.startswith("civis_nb")
                and isinstance(member, FunctionType | property | classmethod | staticmethod)
                and id(member) not in shown
            ):
                missing.add(f"{owner.__module__}.{owner.__qualname__}.{each}")
    assert missing == set()


def test_every_module_of_the_package_that_people_import_is_looked_at():
    modules = {name for name in dir(civis_nb) if inspect.ismodule(getattr(civis_nb, name))}
    assert modules <= set(MODULES)


def test_what_the_reference_describes_is_there():
    for module, name in documented():
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_every_page_is_reachable():
    led_to = set()
    for page in PAGES:
        for block in re.findall(r"\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in block.splitlines():
                if line.strip() and not line.startswith(":"):
                    led_to.add((page.parent / line.strip()).resolve())
    for page in PAGES:
        name = page.resolve().with_suffix("")
        assert name in led_to or page == DOCS / "index.md", f"no page leads to {page}"
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    patterns = [name.name for name in led_to if name.parent.name == "notebooks"]
    for name in led_to:
        assert name.parent.name == "notebooks" or name.with_suffix(".md").exists(), name
    for pattern in patterns:
        assert fnmatch.filter(notebooks, pattern), f"there is no notebook {pattern}"
    for notebook in notebooks:
        assert any(fnmatch.fnmatch(notebook, pattern) for pattern in patterns), notebook


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_and_pictures_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(((?!https?:)[^)#\s]+)[^)]*\)", text):
        assert (page.parent / target).exists(), target
    for target in re.findall(r"^:img-top: (\S+)|^:link: (\S+)", text, re.MULTILINE):
        path = page.parent / (target[0] or f"{target[1]}.md")
        assert path.exists(), path


def test_the_architecture_page_names_files_that_exist():
    page = text_of("explanation", "architecture.md")
    folders = (ROOT / "civis_nb", ROOT / "tests")
    files = [path.as_posix() for folder in folders for path in folder.rglob("*.*")]
    named = set(re.findall(r"`([\w/]+\.(?:py|js|sql))`", page))
    assert len(named) > 100
    assert [
        name for name in sorted(named) if not any(f"/{name}" in f"/{one}" for one in files)
    ] == []


def test_every_python_block_is_run_by_a_test():
    """Code cells run when the pages are built; of other blocks a test reads the page."""
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    read = "".join(path.read_text(encoding="utf-8") for path in tests)
    for page in PAGES:
        if re.search(r"^```python\n", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert f'"{page.name}"' in read, f"no test runs the code of {page}"
