"""Sphinx settings. Pages are MyST Markdown; the reference comes from the code."""

import importlib
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parents[1]))

from civis_nb import __version__

project = "civis_nb"
copyright = "2026, the civis_nb developers"
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
nb_execution_mode = "off"  # notebooks are executed and compared by `make test` and `make test-all`
myst_enable_extensions = ["colon_fence"]
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
exclude_patterns = ["_build", "examples"]
autodoc_typehints = "none"


class MagicHelp(SphinxDirective):
    """Shows the help of a magic, from the description that its parser uses."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Give the help as a literal block."""
        module, _, name = self.arguments[0].rpartition(".")
        syntax = getattr(importlib.import_module(module), name)
        return [nodes.literal_block(syntax.help, syntax.help, language="text")]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("civis-magic", MagicHelp)
