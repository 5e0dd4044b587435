"""One effect and one answer for each key of a client, refusals included.

The intake claims and answers a whole batch of keys in its own transaction. Routes outside it
take an advisory lock on the key, work, and save the answer in the same transaction.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx

KEY_LENGTH_MAX = 255

_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Key:
    """A client's name for one request; `digest` fingerprints method, path and body."""

    client_id: UUID
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: bytes


def digest(method: str, path: str, body: Any) -> bytes:
    """The fingerprint of a request: the same whatever the order of its JSON fields."""
    text = b"\n".join((method.encode(), path.encode(), _canonical.encode(body)))
    return hashlib.sha256(text).digest()


def claim_keys(tx: Tx, keys: Sequence[Key], now: datetime) -> set[tuple[UUID, str]]:
    """Claim keys and return those that are new; a key claimed elsewhere is waited for.

    Inserted in key order, so that two writers with the same keys wait for each other in a line.
    """
    ordered = sorted(keys, key=lambda each: (each.client_id, each.key))
    rows = tx.execute(
        """
        insert into idempotency (client_id, key, digest, at)
        select client_id, key, digest, %(now)s
          from unnest(%(client_ids)s::uuid[], %(keys)s::text[], %(digests)s::bytea[])
               with ordinality as asked (client_id, key, digest, nth)
         order by nth
            on conflict do nothing
        returning client_id, key
        """,
        {
            "now": now,
            "client_ids": [each.client_id for each in ordered],
            "keys": [each.key for each in ordered],
            "digests": [each.digest for each in ordered],
        },
    )
    return {(client_id, key) for client_id, key in rows}


def list_answers(tx: Tx, keys: Sequence[Key]) -> dict[Key, Answer | Refusal]:
    """What was answered to keys claimed before; another digest is refused as reused."""
    rows = tx.execute(
        """
        select client_id, key, digest, status, body
          from unnest(%(client_ids)s::uuid[], %(keys)s::text[]) as asked (client_id, key)
          join idempotency using (client_id, key)
        """,
        {
            "client_ids": [each.client_id for each in keys],
            "keys": [each.key for each in keys],
        },
    ).fetchall()
    first = {
        (client_id, key): (digest, status, body) for client_id, key, digest, status, body in rows
    }
    return {
        each: _replayed(each, *first[each.client_id, each.key])
        for each in keys
        if (each.client_id, each.key) in first
    }


def _replayed(asked: Key, digest: bytes, status: int | None, body: bytes) -> Answer | Refusal:
    if bytes(digest) != asked.digest:
        return Refusal("idempotency_key_reused")
    if status is None:
        return Refusal("idempotency_in_flight")
    return Answer(status, bytes(body))


def save_answers(tx: Tx, answers: Iterable[tuple[Key, Answer]]) -> None:
    """Store answers beside their claimed keys, in the transaction of the effect."""
    told = list(answers)
    tx.execute(
        """
        update idempotency as stored
           set status = told.status, body = told.body
          from unnest(%(client_ids)s::uuid[], %(keys)s::text[], %(statuses)s::int[],
                      %(bodies)s::bytea[]) as told (client_id, key, status, body)
         where (stored.client_id, stored.key) = (told.client_id, told.key)
        """,
        {
            "client_ids": [key.client_id for key, _ in told],
            "keys": [key.key for key, _ in told],
            "statuses": [answer.status for _, answer in told],
            "bodies": [answer.body for _, answer in told],
        },
    )


def release_keys(tx: Tx, keys: Sequence[Key]) -> None:
    """Give keys back whose requests are not decided yet: the next batch claims them again."""
    if not keys:
        return
    tx.execute(
        """
        delete from idempotency as stored
         using unnest(%(client_ids)s::uuid[], %(keys)s::text[]) as asked (client_id, key)
         where (stored.client_id, stored.key) = (asked.client_id, asked.key)
        """,
        {"client_ids": [each.client_id for each in keys], "keys": [each.key for each in keys]},
    )


def try_lock_key(tx: Tx, key: Key) -> bool:
    """Hold a key until the end of the transaction; False when its first request is in flight."""
    mixed = hashlib.sha256(key.client_id.bytes + key.key.encode()).digest()[:8]
    row = tx.execute(
        "select pg_try_advisory_xact_lock(%(number)s)",
        {"number": int.from_bytes(mixed, signed=True)},
    ).fetchone()
    return bool(row and row[0])


def forget(tx: Tx, before: datetime, keys_max: int) -> int:
    """Drop the oldest answers given before an instant; returns how many."""
    return tx.execute(
        """
        delete from idempotency where (client_id, key) in (
          select client_id, key from idempotency where at < %(before)s
           order by at, client_id, key limit %(keys_max)s for update skip locked)
        """,
        {"before": before, "keys_max": keys_max},
    ).rowcount
