"""Sphinx settings. Pages are MyST Markdown; the reference comes from the code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from civis_nb import __version__

project = "civis_nb"
copyright = "2026, the civis_nb developers"  # noqa: A001
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
nb_execution_mode = "off"  # notebooks are executed and compared by `make test`
myst_enable_extensions = ["colon_fence"]
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
exclude_patterns = ["_build"]
autodoc_typehints = "none"
