"""The keys in memory: who comes with a token is told without asking the database."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from ovunque.access import store
from ovunque.access.keeping import digest
from ovunque.access.model import TOKEN_LENGTH, Actor
from ovunque.platform.database import Tx


class KeyRing:
    """All usable keys of the database, loaded whole: there are few, and a change is rare.

    A follower of the journal loads it again when it sees a fact `key.*`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._actors: dict[bytes, tuple[Actor, datetime | None]] = {}
        self._loading = Lock()  # One after another: what was read before never replaces later keys.

    def load(self, tx: Tx) -> None:
        """Take the keys as they are now, in one step: readers see the old ones or the new."""
        with self._loading:
            actors = {}
            for sha256, key in store.list_usable(tx):
                actor = Actor(name=key.client, client_id=key.client_id, scopes=key.scopes)
                actors[sha256] = (actor, key.expires_at)
            self._actors = actors

    def find(self, token: str) -> Actor | None:
        """Who sends this token; None when it is unknown, revoked or expired."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        found = self._actors.get(digest(token))
        if found is None:
            return None
        actor, expires_at = found
        return actor if expires_at is None or self._now() < expires_at else None
