"""SQL of API clients and their keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import ApiKey, Scope
from ovunque.platform.database import Tx

KEYS = """
select key.id, key.client_id, client.name, key.hint, key.scopes, key.created_at, key.expires_at,
       key.revoked_at, key.sha256
  from api_key as key join api_client as client on client.id = key.client_id
"""


def add_client(tx: Tx, client_id: UUID, name: str) -> UUID:
    """The client of that name: a new one, or the one that is there."""
    tx.execute(
        "insert into api_client (id, name) values (%(id)s, %(name)s) on conflict (name) do nothing",
        {"id": client_id, "name": name},
    )
    row = tx.execute("select id from api_client where name = %(name)s", {"name": name}).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def add_key(tx: Tx, key: ApiKey, sha256: bytes) -> None:
    tx.execute(
        """
        insert into api_key (id, client_id, sha256, hint, scopes, created_at, expires_at)
        values (%(id)s, %(client_id)s, %(sha256)s, %(hint)s, %(scopes)s, %(created_at)s,
                %(expires_at)s)
        """,
        {
            "id": key.id,
            "client_id": key.client_id,
            "sha256": sha256,
            "hint": key.hint,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
        },
    )


def lock_key(tx: Tx, key_id: UUID) -> ApiKey | None:
    row = tx.execute(
        f"{KEYS} where key.id = %(id)s for update of key",
        {"id": key_id},
    ).fetchone()
    return _key(row) if row else None


def save_revocation(tx: Tx, key_id: UUID, at: datetime) -> None:
    tx.execute("update api_key set revoked_at = %(at)s where id = %(id)s", {"id": key_id, "at": at})


def list_keys(tx: Tx, after: UUID | None, keys_max: int) -> tuple[ApiKey, ...]:
    """All keys, oldest first: those that expired or were revoked too."""
    rows = tx.execute(
        f"""
        {KEYS}
         where %(after)s::uuid is null or key.id > %(after)s
         order by key.id
         limit %(keys_max)s
        """,
        {"after": after, "keys_max": keys_max},
    )
    return tuple(_key(row) for row in rows)


def list_usable(tx: Tx) -> tuple[tuple[bytes, ApiKey], ...]:
    """The keys that nobody revoked, each with the digest of its secret."""
    rows = tx.execute(f"{KEYS} where key.revoked_at is null")
    return tuple((bytes(row[-1]), _key(row)) for row in rows)


def _key(row: Sequence[Any]) -> ApiKey:
    id_, client_id, client, hint, scopes, created_at, expires_at, revoked_at, _ = row
    return ApiKey(
        id=id_,
        client_id=client_id,
        client=client,
        hint=hint,
        scopes=frozenset(Scope(each) for each in scopes),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )
