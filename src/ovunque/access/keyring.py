"""The keys in memory: who comes with a token is told without asking the database."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from ovunque.access import issuing, rules, store
from ovunque.access.issuing import Grant
from ovunque.access.keeping import digest
from ovunque.access.model import KEY_LEAD, TOKEN_LENGTH, Actor, ApiKey, Scope
from ovunque.platform.database import Tx


class KeyRing:
    """All usable keys of the database, loaded whole: there are few, and a change is rare.

    A follower of the journal loads it again when it sees a fact `key.*`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._keys: dict[bytes, tuple[Actor, ApiKey]] = {}
        self._by_id: dict[UUID, tuple[Actor, ApiKey]] = {}
        self._secrets: dict[int, bytes] = {}
        self.held: frozenset[UUID] = frozenset()  # Programs that write nothing for now.
        self._used: dict[UUID, datetime] = {}
        self._loading = Lock()  # One after another: what was read before never replaces later keys.

    def load(self, tx: Tx) -> None:
        """Take the keys as they are now, in one step: readers see the old ones or the new."""
        with self._loading:
            keys = {}
            for sha256, key in store.list_usable(tx):
                actor = Actor(
                    name=key.client,
                    client_id=key.client_id,
                    scopes=key.scopes,
                    addresses=key.addresses,
                    expires_at=key.expires_at,
                )
                keys[sha256] = (actor, key)
            self._keys = keys
            self._by_id = {key.id: (actor, key) for actor, key in keys.values()}
            self._secrets = store.list_token_secrets(tx)
            self.held = frozenset(each.client_id for each in store.list_client_holds(tx))

    def secrets(self) -> Mapping[int, bytes]:
        """What all processes sign with, the newest with the highest number."""
        return self._secrets

    def find(self, token: str, address: str = "") -> Actor | None:
        """Who sends this token; None when it is unknown, revoked, expired, or from elsewhere."""
        if not token.isascii():
            return None
        if token.startswith(KEY_LEAD):
            found = self._find_key(token, address)
            return found[0] if found else None
        grant = issuing.read(self._secrets, token, self._now())
        found = self._usable(self._by_id.get(grant.key_id), address) if grant else None
        if grant is None or found is None:
            return None
        actor, _ = found
        return replace(actor, scopes=_both(actor.scopes, grant.scopes))

    def issue(
        self, token: str, asked: str | None, nth: str, address: str
    ) -> tuple[str, Grant] | None:
        """A short token for whoever has this key; None when it is unknown, or has not these scopes.

        Which of the two it was is told by `find`.
        """
        found = self._find_key(token, address)
        scopes = issuing.narrowed(found[1].scopes, asked) if found else None
        if found is None or scopes is None:
            return None
        now = self._now()
        grant = Grant(key_id=found[1].id, scopes=scopes, expires_at=now + issuing.LIFETIME)
        return issuing.issue(self._secrets, grant, nth, now), grant

    def id_of(self, token: str) -> UUID | None:
        """Which key this is, if it is one."""
        found = self._keys.get(digest(token))
        return found[1].id if found else None

    def _find_key(self, token: str, address: str) -> tuple[Actor, ApiKey] | None:
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        return self._usable(self._keys.get(digest(token)), address)

    def _usable(
        self, found: tuple[Actor, ApiKey] | None, address: str
    ) -> tuple[Actor, ApiKey] | None:
        if found is None:
            return None
        _, key = found
        now = self._now()
        if key.expires_at is not None and now >= key.expires_at:
            return None
        if key.addresses and not rules.may_come_from(key.addresses, address):
            return None
        self._used[key.id] = now
        return found

    def save_used(self, tx: Tx) -> int:
        """Write down when keys were used since this was last done; returns how many were."""
        used, self._used = self._used, {}
        if used:
            store.save_used(tx, used)
        return len(used)


def _both(own: frozenset[Scope], granted: frozenset[Scope]) -> frozenset[Scope]:
    """What a token may do: never more than its key may by now."""
    return granted if Scope.ALL in own else own & granted
