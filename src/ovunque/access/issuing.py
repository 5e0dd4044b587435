"""Short tokens for programs (RFC 6749, client credentials): a key that travels once in a while.

A token is a JWT (RFC 9068) that names the key it was given for. Whoever checks it asks for that key
too, so a key that is revoked takes its tokens with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from ovunque.access import events, store
from ovunque.access.model import Actor, Scope
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx

LIFETIME = timedelta(minutes=15)
ISSUER, AUDIENCE, TYPE = "ovunque", "ovunque-api", "at+jwt"
ALGORITHM = "HS256"  # The only one that is taken, whatever a token says of itself.
TOKEN_LENGTH_MAX = 1_000
PREFIX = "key"
DRAWERS = store.SECRETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token says: for which key it stands, for what, until when."""

    key_id: UUID
    scopes: frozenset[Scope]
    expires_at: datetime


def keep_secret(tx: Tx, secret: bytes, now: datetime) -> None:
    """What all processes sign with, drawn by the first of them."""
    if not store.find_newest_token_secret(tx):
        store.add_token_secret(tx, secret, now)


def rotate_secret(tx: Tx, by: Actor, secret: bytes, now: datetime) -> int:
    """Another secret signs from now on; tokens of the one before open until they expire."""
    nth = store.find_newest_token_secret(tx) + 1
    store.save_token_secret(tx, nth, secret, now)
    journal.record(tx, [events.token_secret_rotated(nth)], by=by.name, at=now)
    return nth


def issue(secrets: Mapping[int, bytes], grant: Grant, nth: str, now: datetime) -> str:
    """The token of a grant, signed with the newest secret; `nth` makes it unlike all others."""
    newest = max(secrets)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": public_id(PREFIX, grant.key_id),
        "client_id": public_id(PREFIX, grant.key_id),
        "scope": " ".join(sorted(grant.scopes)),
        "iat": int(now.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "jti": nth,
    }
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": str(newest)}
    key = OctKey.import_key(secrets[newest])
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def read(secrets: Mapping[int, bytes], token: str, now: datetime) -> Grant | None:
    """What a token grants now; nothing when we did not issue it, not for this, or too long ago."""
    if len(token) > TOKEN_LENGTH_MAX:
        return None
    for secret in secrets.values():
        try:
            found = jwt.decode(token, OctKey.import_key(secret), algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            continue
        if found.header.get("typ") != TYPE:
            return None
        return grant_of(found.claims, now)
    return None


def grant_of(claims: Mapping[str, Any], now: datetime) -> Grant | None:
    if (claims.get("iss"), claims.get("aud")) != (ISSUER, AUDIENCE):
        return None
    try:
        grant = Grant(
            key_id=parse_public_id(PREFIX, claims["sub"]),
            scopes=frozenset(map(Scope, claims["scope"].split())),
            expires_at=datetime.fromtimestamp(int(claims["exp"]), now.tzinfo),
        )
    except (KeyError, ValueError, AttributeError, Refusal):
        return None
    return grant if now < grant.expires_at else None


def narrowed(own: Collection[Scope], asked: str | None) -> frozenset[Scope] | None:
    """The scopes of a token: those that were asked for, or all; none when some are not there."""
    if not asked:
        return frozenset(own)
    try:
        wanted = frozenset(map(Scope, asked.split()))
    except ValueError:
        return None
    fits = wanted if Scope.ALL in own else wanted & frozenset(own)
    return fits if fits == wanted else None
