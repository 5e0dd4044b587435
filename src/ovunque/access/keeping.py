"""API keys: given once, kept as a digest, taken back."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from ovunque.access import events, rules, store
from ovunque.access.model import HINT_LENGTH, KEY_LEAD, Actor, ApiKey, Scope
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """The ids and the secret are drawn at the edge; a client that is there gets one more key."""

    key_id: UUID
    client_id: UUID
    client: str
    secret: str = field(repr=False)
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationRequest:
    """The key that is to be followed by another; id and secret are drawn at the edge."""

    key_id: UUID
    new_key_id: UUID
    secret: str = field(repr=False)


def create_key(tx: Tx, by: Actor, request: KeyRequest, now: datetime) -> ApiKey:
    """The new key as it may be shown; nobody gives more than they have themselves."""
    if beyond := rules.beyond(by, request.scopes):
        raise Refusal("forbidden", scope=beyond[0])
    faults = (
        *rules.check_key(request.client, request.expires_at, now),
        *rules.check_networks(request.addresses),
    )
    if faults:
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    if rules.is_wider(by, request.addresses, request.expires_at):
        raise Refusal("beyond_own")
    token = token_of(request.secret)
    key = ApiKey(
        id=request.key_id,
        client_id=store.add_client(tx, request.client_id, request.client),
        client=request.client,
        hint=token[-HINT_LENGTH:],
        scopes=request.scopes,
        created_at=now,
        expires_at=request.expires_at,
        addresses=request.addresses,
    )
    store.add_key(tx, key, digest(token))
    journal.record(tx, [events.key_created(key)], by=by.name, at=now)
    return key


def rotate_key(tx: Tx, by: Actor, request: RotationRequest, now: datetime) -> ApiKey:
    """A key like the old one, which opens for a day yet: a program changes over in between."""
    old = store.lock_key(tx, request.key_id)
    if old is None or old.revoked_at or (old.expires_at and old.expires_at <= now):
        raise Refusal("not_found", what="key")
    if beyond := rules.beyond(by, old.scopes):
        raise Refusal("forbidden", scope=beyond[0])
    if rules.is_wider(by, old.addresses, old.expires_at):
        raise Refusal("beyond_own")
    token = token_of(request.secret)
    new = replace(
        old, id=request.new_key_id, hint=token[-HINT_LENGTH:], created_at=now, used_at=None
    )
    ends = min(now + rules.OVERLAP, old.expires_at or now + rules.OVERLAP)
    store.save_expiry(tx, old.id, ends)
    store.add_key(tx, new, digest(token))
    facts = [events.key_created(new), events.key_rotated(replace(old, expires_at=ends))]
    journal.record(tx, facts, by=by.name, at=now)
    return new


def revoke_key(tx: Tx, by: Actor, key_id: UUID, now: datetime) -> ApiKey:
    """The key that no process takes any more, within a second; once revoked it stays so."""
    key = store.lock_key(tx, key_id)
    if key is None:
        raise Refusal("not_found", what="key")
    if key.revoked_at is not None:
        return key
    store.save_revocation(tx, key_id, now)
    journal.record(tx, [events.key_revoked(key)], by=by.name, at=now)
    return replace(key, revoked_at=now)


def list_keys(tx: Tx, after: UUID | None, keys_max: int) -> tuple[ApiKey, ...]:
    """All keys, oldest first."""
    return store.list_keys(tx, after, keys_max)


def token_of(secret: str) -> str:
    """What a program sends; its beginning lets a scanner find keys that leaked into a text."""
    return KEY_LEAD + secret


def digest(token: str) -> bytes:
    """What is kept of a token: with 256 bits of chance a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()
