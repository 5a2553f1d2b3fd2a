"""What was sent to the platform."""

from __future__ import annotations

from typing import Any


def sent_exactly(client: Any) -> list[str]:
    """Return the SQL of the newest queries and scripts, newest last."""
    newest = {"limit": 3, "hidden": True, "order": "created_at", "order_dir": "desc"}
    found = [(one.id, one.sql) for one in client.queries.list(**newest)]
    for one in client.scripts.list(type="sql", **newest):
        found.append((one.id, client.scripts.get_sql(one.id).sql))
    return [sql for _, sql in sorted(found)]


def sent(client: Any) -> list[str]:
    """Return the SQL of `sent_exactly` without the line ends behind it."""
    return [sql.rstrip("\n") for sql in sent_exactly(client)]
