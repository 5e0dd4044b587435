"""The keys in memory: who comes with a token is told without asking the database."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from uuid import UUID

from ovunque.access import rules, store
from ovunque.access.keeping import digest
from ovunque.access.model import TOKEN_LENGTH, Actor, ApiKey
from ovunque.platform.database import Tx


class KeyRing:
    """All usable keys of the database, loaded whole: there are few, and a change is rare.

    A follower of the journal loads it again when it sees a fact `key.*`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._keys: dict[bytes, tuple[Actor, ApiKey]] = {}
        self._used: dict[UUID, datetime] = {}
        self._loading = Lock()  # One after another: what was read before never replaces later keys.

    def load(self, tx: Tx) -> None:
        """Take the keys as they are now, in one step: readers see the old ones or the new."""
        with self._loading:
            keys = {}
            for sha256, key in store.list_usable(tx):
                actor = Actor(name=key.client, client_id=key.client_id, scopes=key.scopes)
                keys[sha256] = (actor, key)
            self._keys = keys

    def find(self, token: str, address: str = "") -> Actor | None:
        """Who sends this token; None when it is unknown, revoked, expired, or from elsewhere."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        found = self._keys.get(digest(token))
        if found is None:
            return None
        actor, key = found
        now = self._now()
        if key.expires_at is not None and now >= key.expires_at:
            return None
        if key.addresses and not rules.may_come_from(key.addresses, address):
            return None
        self._used[key.id] = now
        return actor

    def save_used(self, tx: Tx) -> int:
        """Write down when keys were used since this was last done; returns how many were."""
        used, self._used = self._used, {}
        if used:
            store.save_used(tx, used)
        return len(used)
