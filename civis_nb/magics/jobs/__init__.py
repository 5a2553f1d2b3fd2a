"""Magics of jobs and workflows: run, listed, followed, their logs."""
