"""Drawing the chain: a link for what has settled, and now and then a signature under its end."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Cursor
from ovunque.platform.sealing import signing, store
from ovunque.platform.sealing.model import DIGEST_BYTES, MARK_BYTES, Root, Seal
from ovunque.platform.sealing.signing import Signer

SUBSCRIBER = "seals"
ROWS_MAX = 10_000
START = Cursor(1, 0, 0)
NOTHING = bytes(DIGEST_BYTES)  # What stands before the first link.
SIGNED_EVERY = timedelta(hours=1)


def link(before: bytes, digests: bytes) -> bytes:
    """The hash of a link: of the one before, and of every row that it covers."""
    return hashlib.sha256(before + digests).digest()


def marks_of(digests: bytes) -> bytes:
    """The first bytes of each digest."""
    return b"".join(digests[at : at + MARK_BYTES] for at in range(0, len(digests), DIGEST_BYTES))


def seal(tx: Tx, now: datetime, rows_max: int = ROWS_MAX) -> int:
    """Seal what has settled since; returns how many rows. One worker at a time seals."""
    held = journal.lock_cursor(tx, SUBSCRIBER)
    if held is None:
        return 0
    last = store.find_last(tx)
    after = last.end if last else START
    rows, digests, end = store.draw(tx, after, rows_max)
    while not rows and store.has_ended(tx, after.epoch):
        after = Cursor(after.epoch + 1, 0, 0)
        rows, digests, end = store.draw(tx, after, rows_max)
    if not rows:
        return 0
    made = Seal(
        nth=last.nth + 1 if last else 1,
        end=end,
        rows=rows,
        marks=marks_of(digests),
        hash=link(last.hash if last else NOTHING, digests),
        at=now,
    )
    store.add_seal(tx, made)
    journal.save_cursor(tx, SUBSCRIBER, end)
    return rows


def sign(tx: Tx, signer: Signer, now: datetime, every: timedelta = SIGNED_EVERY) -> Root | None:
    """The end of the chain, signed, when it grew and the last signature is old enough."""
    if journal.lock_cursor(tx, SUBSCRIBER) is None:
        return None
    last, signed = store.find_last(tx), store.find_last_root(tx)
    if last is None or (signed and (signed[0] == last.nth or now - signed[1] < every)):
        return None
    root = signer.sign(last, now)
    store.add_root(tx, root)
    return root


def seal_and_sign(
    database: Database, signer: Signer, file: Path, clock: Callable[[], datetime]
) -> int:
    """A round of both; returns how many rows were sealed.

    The signature is told outside before it counts here: a crash between the two leaves one told
    twice, which is harmless, and never one that nobody was told of.
    """
    rows = database.transact(lambda tx: seal(tx, clock()))

    def sign_and_tell(tx: Tx) -> None:
        root = sign(tx, signer, clock())
        if root is not None:
            signing.tell(file, root)

    database.transact(sign_and_tell)
    return rows
