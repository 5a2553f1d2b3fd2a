"""Processes of a job that left its group (daemons, setsid): known by their environment."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import psutil

__all__ = ["end_strays"]


def end_strays(api_key: str, runs: Collection[tuple[int, int]]) -> None:
    """End all processes that belong to runs of one platform, wherever they went.

    Parameters
    ----------
    api_key
        The platform's key, which its jobs have: runs of other platforms have the same numbers.
    runs
        The ids of jobs and their runs.
    """
    wanted = {(str(job_id), str(run_id)) for job_id, run_id in runs}
    if not wanted:
        return
    for process in psutil.process_iter():
        # Other users' processes don't show theirs; some end while they are looked at.
        with suppress(psutil.Error, OSError):
            seen = process.environ()
            ids = (seen.get("CIVIS_JOB_ID", ""), seen.get("CIVIS_RUN_ID", ""))
            if ids in wanted and seen.get("CIVIS_API_KEY") == api_key:
                process.kill()
