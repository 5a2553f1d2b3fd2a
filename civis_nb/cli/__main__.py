"""``python -m civis_nb.cli``."""

from civis_nb.cli import main

main()
