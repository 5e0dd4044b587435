"""One effect and one answer for each key of a client, refusals included.

Whoever works under a key looks for its answer first and writes its own last, in the transaction
of the effect. Two that work under one key at the same moment meet at that last write: the later
one waits for the other's commit, finds the key taken, starts again, and then finds the answer.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import ONLY_THE_MOMENT, Later, Tx, confirm, document
from ovunque.platform.drawers import Drawer
from ovunque.platform.row_types import RowType

KEYS = RowType("answer_key_row", "client_id uuid, key text")
ROWS = RowType(
    "answer_row",
    "client_id uuid, status int, key text, digest text, body text, sealed bytea?",
)
KEY_LENGTH_MAX = 255
ANSWERS = Drawer(table="idempotency", column="sealed", keys=("client_id", "key"))

_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Key:
    """A client's name for one request; `digest` fingerprints method, path and body."""

    client_id: UUID
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: bytes
    about: tuple[str, ...] = ()  # The people and orders that it tells of: then it is kept sealed.


def digest(method: str, path: str, body: Any) -> str:
    """The fingerprint of a request: the same whatever the order of its JSON fields."""
    text = b"\n".join((method.encode(), path.encode(), _canonical.encode(body)))
    return hashlib.sha256(text).hexdigest()


def list_answers(tx: Tx, keys: Sequence[Key]) -> dict[Key, Answer | Refusal]:
    """What was answered to keys before; asked with another digest it is refused as reused."""
    return ask_answers(tx, keys)()


def ask_answers(tx: Tx, keys: Sequence[Key]) -> Later[dict[Key, Answer | Refusal]]:
    """The same, without waiting for it."""
    rows = tx.execute(
        """
        select client_id, key, digest, status, body, sealed
          from unnest(%(keys)s::answer_key_row[]) as asked
          join idempotency using (client_id, key)
        """,
        {"keys": KEYS((each.client_id, each.key) for each in keys)},
    )

    def told() -> dict[Key, Answer | Refusal]:
        first = {(row[0], row[1]): row[2:] for row in rows}
        if first:
            confirm(tx)
        return {
            each: _replayed(each, *first[each.client_id, each.key])
            for each in keys
            if (each.client_id, each.key) in first
        }

    return told


def _replayed(
    asked: Key, digest: str, status: int, body: str, sealed: bytes | None
) -> Answer | Refusal:
    if digest != asked.digest:
        return Refusal("idempotency_key_reused")
    if sealed is not None:
        return Answer(status, ANSWERS.read(sealed, asked.client_id, asked.key))
    return Answer(status, body.encode())


def add_answers(tx: Tx, answers: Sequence[tuple[Key, Answer]], now: datetime) -> None:
    """Write answers as the last thing of their transaction, which starts again if somebody else
    answered meanwhile.

    Keys go in sorted, so that two writers of the same keys wait for each other in a line.
    """
    rows = [
        _row(key, answer)
        for key, answer in sorted(answers, key=lambda each: (each[0].client_id, each[0].key))
    ]
    tx.execute(
        """
        with written as (
          insert into idempotency (client_id, key, digest, at, status, body, sealed)
          select client_id, key, digest, %(now)s, status, body, sealed
            from unnest(%(rows)s::answer_row[])
              on conflict do nothing
          returning 1
        )
        select insist(count(*) = %(count)s, 'somebody else answered meanwhile', %(code)s)
          from written
        """,
        {"rows": ROWS(rows), "now": now, "count": len(rows), "code": ONLY_THE_MOMENT},
    )


def _row(key: Key, answer: Answer) -> tuple[object, ...]:
    body, sealed = answer.body.decode(), None
    if answer.about:  # In clear stands what `forget_about` looks for.
        sealed = ANSWERS.seal(answer.body, key.client_id, key.key)
        body = document(answer.about)
    return key.client_id, answer.status, key.key, key.digest, body, sealed


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


def forget_about(tx: Tx, words: Sequence[str]) -> int:
    """Drop the answers that name any of these; returns how many. All answers are read for it."""
    return tx.execute(
        "delete from idempotency where body like any(%(words)s)",
        {"words": [f"%{word}%" for word in words]},
    ).rowcount
