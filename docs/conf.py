"""Sphinx settings. Pages are MyST Markdown; the reference comes from the code."""

import importlib
import inspect
import os
import shutil
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from ipython_pygments_lexers import IPython3Lexer
from pygments.lexer import RegexLexer, bygroups, using
from pygments.lexers.data import YamlLexer
from pygments.lexers.sql import SqlLexer
from pygments.lexers.templates import SqlJinjaLexer
from pygments.token import Name
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
__version__ = importlib.import_module("civis_nb").__version__

project = "civis_nb"
copyright = "2026, the civis_nb developers"
release = version = __version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "examples"]

# Code cells of pages run when the documentation is built. The notebooks keep their outputs, which
# `make test` compares.
nb_execution_mode = "auto"
nb_execution_excludepatterns = ["notebooks/*"]
nb_execution_show_tb = True  # a cell that fails is a warning with its traceback
nb_execution_timeout = 300
nb_execution_in_temp = True
# Each page has a local platform of its own, whose state goes with the folder that the page runs in.
for variable in [name for name in os.environ if name.startswith("CIVIS_")]:
    del os.environ[variable]
os.environ |= {
    "CIVIS_NB_DISPLAY": "static",
    "CIVIS_NB_STATE_DIR": "platform",
    "CIVIS_NB_HISTORY_DIR": "history",
}
# Cells keep data for live views beside the HTML and the pictures that the pages show.
suppress_warnings = ["mystnb.unknown_mime_type"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "none"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "civis_nb"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": []}


class CellLexer(RegexLexer):
    """Code of cells: Python, and the SQL or YAML of a cell magic."""

    name = "Cells of notebooks"
    aliases: ClassVar = ["ipython3"]
    tokens: ClassVar = {
        "root": [
            (r"(%%civis_sql.* --jinja.*\n)([\s\S]*)", bygroups(Name, using(SqlJinjaLexer))),
            (r"(%%civis_?(?:sql|query)\b.*\n)([\s\S]*)", bygroups(Name, using(SqlLexer))),
            (r"(%%civis_workflow\b.*\n)([\s\S]*)", bygroups(Name, using(YamlLexer))),
            (r"(%%writefile .*\.yaml\n)([\s\S]*)", bygroups(Name, using(YamlLexer))),
            (r"[\s\S]+", using(IPython3Lexer)),
        ]
    }


class MagicHelp(SphinxDirective):
    """Shows the help of a magic, from the description that its parser uses."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the help as a literal block."""
        module, _, name = self.arguments[0].rpartition(".")
        syntax = getattr(importlib.import_module(module), name)
        return [nodes.literal_block(syntax.help, syntax.help, language="text")]


class NamesTable(SphinxDirective):
    """Lists the public names of a module: what each is, or the value that it has."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the names as a definition list."""
        module = importlib.import_module(self.arguments[0])
        shown = nodes.definition_list()
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                text = nodes.paragraph(text=(inspect.getdoc(value) or "").partition("\n\n")[0])
            else:
                text = nodes.paragraph("", "", nodes.literal(text=self.short(value)))
            shown += nodes.definition_list_item(
                "", nodes.term("", "", nodes.literal(text=name)), nodes.definition("", text)
            )
        return [shown]

    @staticmethod
    def short(value: object) -> str:
        """Return a value as text, without the folder that the package is in."""
        if isinstance(value, str):
            return value.replace(str(HERE.parent), "…")
        if isinstance(value, frozenset):
            return f"{{{', '.join(map(repr, sorted(value)))}}}"
        return repr(value)


def copy_notebooks(_app: Sphinx, _config: Config) -> None:
    """Copy the notebooks to where Sphinx looks for pages."""
    target = HERE / "notebooks"
    target.mkdir(exist_ok=True)
    for path in (HERE.parent / "notebooks").glob("*.ipynb"):
        shutil.copy(path, target)


def setup(app: Sphinx) -> None:
    """Register the directives and the copying of notebooks."""
    for language in ("ipython3", "python"):
        app.add_lexer(language, CellLexer)
    app.add_directive("civis-magic", MagicHelp)
    app.add_directive("civis-names", NamesTable)
    app.connect("config-inited", copy_notebooks)
