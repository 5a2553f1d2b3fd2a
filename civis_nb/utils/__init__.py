"""Helpers for jobs: run one, run a template, follow a log."""

from __future__ import annotations

from civis_nb.utils.logs import LogCursor, job_logs
from civis_nb.utils.runs import run_job, run_template

__all__ = ["LogCursor", "job_logs", "run_job", "run_template"]
