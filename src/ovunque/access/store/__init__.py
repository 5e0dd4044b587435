"""SQL of who may enter: here API clients with their keys; people and doors beside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import ApiKey, Scope
from ovunque.access.store import federating, proving
from ovunque.access.store.enrolling import (
    add_person,
    find_credentials,
    find_person,
    list_people,
    list_some,
    lock_password,
    save_disabled,
    save_password,
    save_preferences,
)
from ovunque.access.store.entering import (
    add_session,
    add_tries,
    find_session,
    list_addresses,
    list_sessions,
    remove_one_try,
    remove_other_sessions,
    remove_session,
    remove_session_of,
    remove_sessions,
    remove_sessions_at,
    remove_sessions_before,
    remove_tries,
    remove_try,
    save_rotation,
    save_seen,
    save_strong,
)
from ovunque.access.store.federating import (
    add_flow,
    add_identity,
    add_provider,
    find_provider,
    find_vouched,
    list_providers,
    list_vouching,
    remove_flow,
    remove_flows,
    remove_provider,
    save_standing,
    save_subject,
)
from ovunque.access.store.pacing import (
    add_client_hold,
    add_units,
    find_usual,
    list_client_holds,
    remove_client_hold,
    remove_paces,
)
from ovunque.access.store.proving import (
    add_device,
    find_device,
    find_factor,
    find_invited,
    find_pin,
    list_devices,
    list_with_factor,
    list_with_pin,
    lock_device,
    lock_factor,
    remove_factor,
    remove_invitation,
    remove_recovery,
    save_device_revoked,
    save_factor,
    save_invitation,
    save_pin,
    save_recovery,
)
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

__all__ = [
    "add_client",
    "add_client_hold",
    "add_device",
    "add_flow",
    "add_identity",
    "add_key",
    "add_person",
    "add_provider",
    "add_session",
    "add_tries",
    "add_units",
    "find_credentials",
    "find_device",
    "find_factor",
    "find_invited",
    "find_person",
    "find_pin",
    "find_provider",
    "find_session",
    "find_usual",
    "find_vouched",
    "list_addresses",
    "list_client_holds",
    "list_devices",
    "list_keys",
    "list_people",
    "list_providers",
    "list_sessions",
    "list_some",
    "list_usable",
    "list_vouching",
    "list_with_factor",
    "list_with_pin",
    "lock_device",
    "lock_factor",
    "lock_key",
    "lock_password",
    "remove_client_hold",
    "remove_factor",
    "remove_flow",
    "remove_flows",
    "remove_invitation",
    "remove_one_try",
    "remove_other_sessions",
    "remove_paces",
    "remove_provider",
    "remove_recovery",
    "remove_session",
    "remove_session_of",
    "remove_sessions",
    "remove_sessions_at",
    "remove_sessions_before",
    "remove_tries",
    "remove_try",
    "save_device_revoked",
    "save_disabled",
    "save_expiry",
    "save_factor",
    "save_invitation",
    "save_password",
    "save_pin",
    "save_preferences",
    "save_recovery",
    "save_revocation",
    "save_rotation",
    "save_seen",
    "save_standing",
    "save_strong",
    "save_subject",
    "save_token_secret",
    "save_used",
]

TOKEN_SECRETS = Drawer(table="token_key", column="secret", keys=("nth",))
SECRETS = (TOKEN_SECRETS, proving.SECRETS, federating.SECRETS, federating.VERIFIERS)
KEYS = """
select key.id, key.client_id, client.name, key.hint, key.scopes, key.created_at, key.expires_at,
       key.revoked_at, key.used_at, key.addresses, key.sha256
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
        insert into api_key (id, client_id, sha256, hint, scopes, created_at, expires_at,
                             addresses)
        values (%(id)s, %(client_id)s, %(sha256)s, %(hint)s, %(scopes)s, %(created_at)s,
                %(expires_at)s, %(addresses)s)
        """,
        {
            "id": key.id,
            "client_id": key.client_id,
            "sha256": sha256,
            "hint": key.hint,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "addresses": list(key.addresses),
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


def save_expiry(tx: Tx, key_id: UUID, at: datetime) -> None:
    tx.execute("update api_key set expires_at = %(at)s where id = %(id)s", {"id": key_id, "at": at})


def save_used(tx: Tx, used: Mapping[UUID, datetime]) -> None:
    """When keys were used last; what is written already and later stays."""
    tx.execute(
        """
        update api_key as key set used_at = told.at
          from unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) as told (id, at)
         where key.id = told.id and (key.used_at is null or key.used_at < told.at)
        """,
        {"ids": list(used), "ats": list(used.values())},
    )


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
    id_, client_id, client, hint, scopes, created_at, expires_at, revoked_at, *rest = row
    used_at, addresses, _ = rest
    return ApiKey(
        id=id_,
        client_id=client_id,
        client=client,
        hint=hint,
        scopes=frozenset(Scope(each) for each in scopes),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        used_at=used_at,
        addresses=tuple(addresses),
    )


def list_token_secrets(tx: Tx) -> dict[int, bytes]:
    """What short tokens are signed with; the newest signs."""
    rows = tx.execute("select nth, secret from token_key order by nth").fetchall()
    return {nth: TOKEN_SECRETS.open(secret, nth) for nth, secret in rows}


def find_newest_token_secret(tx: Tx) -> int:
    """The number of what signs short tokens; 0, as long as nothing does."""
    row = tx.execute("select coalesce(max(nth), 0) from token_key").fetchone()
    assert row is not None
    return int(row[0])


def add_token_secret(tx: Tx, secret: bytes, now: datetime) -> None:
    """The first secret; whoever comes second keeps the first one's."""
    tx.execute(
        """
        insert into token_key (nth, secret, created_at) values (1, %(secret)s, %(now)s)
        on conflict do nothing
        """,
        {"secret": TOKEN_SECRETS.seal(secret, 1), "now": now},
    )


def save_token_secret(tx: Tx, nth: int, secret: bytes, now: datetime) -> None:
    """What signs from now on; of those before only the last one still opens."""
    tx.execute(
        """
        with gone as (delete from token_key where nth < %(nth)s - 1)
        insert into token_key (nth, secret, created_at) values (%(nth)s, %(secret)s, %(now)s)
        """,
        {"nth": nth, "secret": TOKEN_SECRETS.seal(secret, nth), "now": now},
    )


def save_places(tx: Tx, person_id: UUID, location_ids: Collection[UUID]) -> None:
    """Where somebody may work, instead of what stood before."""
    tx.execute(
        """
        with gone as (
          delete from person_place
           where person_id = %(id)s and location_id <> all(%(locations)s::uuid[])
        )
        insert into person_place (person_id, location_id)
        select %(id)s, unnest(%(locations)s::uuid[]) on conflict do nothing
        """,
        {"id": person_id, "locations": list(location_ids)},
    )


def list_places(tx: Tx, person_id: UUID) -> frozenset[UUID]:
    rows = tx.execute(
        "select location_id from person_place where person_id = %(id)s", {"id": person_id}
    )
    return frozenset(row[0] for row in rows)


def save_place(tx: Tx, person_id: UUID, location_id: UUID) -> None:
    """Where somebody works now."""
    tx.execute(
        "update person set location_id = %(location)s where id = %(id)s",
        {"id": person_id, "location": location_id},
    )
