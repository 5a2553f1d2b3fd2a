"""There is no CivisML here: importing this says what to use instead."""

from __future__ import annotations

from civis_nb.errors import CivisDependencyError

raise CivisDependencyError(
    "civis_nb has no civis.ml, which the PyPI package `civis` has deprecated and drops in 3.0. Use "
    "scikit-learn: civis_nb.parallel runs its searches over jobs of the platform, civis_nb.run "
    "and civis_nb.map any function. A model that CivisML has trained is a file of its run: "
    "civis_nb.io.civis_to_file downloads it."
)
