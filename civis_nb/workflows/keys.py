"""The words of the language."""

from __future__ import annotations

from typing import Final

__all__ = ["ACTIONS", "ON", "TASK_KEYS", "TRANSITION_COMMANDS"]

#: The keys that say what follows a task.
ON: Final = ("on-success", "on-error", "on-complete")

TASK_KEYS: Final = frozenset(
    {
        "action",
        "concurrency",
        "description",
        "fail-on",
        "input",
        "join",
        "keep-result",
        "name",
        *ON,
        "pause-before",
        "publish",
        "publish-on-error",
        "requires",
        "retry",
        "safe-rerun",
        "target",
        "timeout",
        "wait-after",
        "wait-before",
        "with-items",
    }
)

#: What Civis Platform can do in a task.
ACTIONS: Final = (
    "civis.enhancements.cass_ncoa",
    "civis.import",
    "civis.run_job",
    "civis.scripts.container",
    "civis.scripts.custom",
    "civis.scripts.dbt",
    "civis.scripts.javascript",
    "civis.scripts.python3",
    "civis.scripts.r",
    "civis.scripts.sql",
    "civis.workflows.execute",
    "std.async_noop",
    "std.echo",
    "std.fail",
    "std.noop",
)

#: What a transition may name in place of a task, as the official validator sees it.
TRANSITION_COMMANDS: Final = ("fail", "pause", "succeed")
