"""The API key that a user's jobs have: what a job does, it does as the owner of the job."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select

from civis_nb._wire_text import Secret
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import api_keys

__all__ = ["job_key", "known_job_key"]

#: What the keys of jobs are called in the list of a user's keys.
_NAME = "jobs"


def known_job_key(store: Store, user_id: int) -> Secret | None:
    """Return the key that a user's jobs have; None when they have had none."""
    with store.read() as connection:
        return _find(connection, user_id)


def job_key(store: Store, user_id: int) -> Secret:
    """Return the key that a user's jobs have, and create it for the first one.

    It has no end, as the platform's own has none, which the jobs of the first user have; a key
    that the user revokes is replaced.
    """
    found = known_job_key(store, user_id)
    if found is not None:
        return found
    now = utc_now()
    token = Secret(secrets.token_urlsafe(32))
    with store.begin() as connection:
        found = _find(connection, user_id)
        if found is None:
            values = {"user_id": user_id, "name": _NAME, "created_at": now, "updated_at": now}
            connection.execute(api_keys.insert().values(**values, token=token))
    return found or token


def _find(connection: Connection, user_id: int) -> Secret | None:
    key = api_keys.c
    lasting = (key.user_id == user_id, key.revoked_at.is_(None), key.expires_at.is_(None))
    token = connection.scalar(select(key.token).where(*lasting).order_by(key.id).limit(1))
    return None if token is None else Secret(token)
