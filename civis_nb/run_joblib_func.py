"""The program of jobs of the joblib backend, at the path that scripts import it from."""

from __future__ import annotations

import sys

from civis_nb.remote.worker import main, worker_func

__all__ = ["main", "worker_func"]

if __name__ == "__main__":
    sys.exit(main())
