"""Which user a key belongs to, also while keys change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, update

from civis_nb.local.http.auth import Keys
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.first_user import first_key
from civis_nb.local.store.schema import api_keys


class RevokedAfterRead(Store):
    """A store in which another request revokes all keys just after they were read."""

    keys: Keys

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with super().read() as connection:
            yield connection
        with self.begin() as connection:
            connection.execute(update(api_keys).values(revoked_at=utc_now()))
        self.keys.clear()


def test_key_that_is_revoked_during_its_lookup_is_not_remembered(tmp_path):
    store = RevokedAfterRead(tmp_path / "platform.sqlite")
    header = f"Bearer {first_key(store)}"
    store.keys = Keys(store)
    assert store.keys.user(header).id == 1
    assert store.keys.known(header) is None
    store.close()
