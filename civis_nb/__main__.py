"""``python -m civis_nb``: the command ``civis-nb``, where its folder is not in the PATH."""

from civis_nb.cli import main

main()
