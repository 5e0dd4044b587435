"""Looking whether the journal is as it was sealed, and naming the first row that is not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from ovunque.platform.database import Database
from ovunque.platform.journal import Cursor
from ovunque.platform.sealing import store
from ovunque.platform.sealing.model import DIGEST_BYTES, MARK_BYTES, Root, Seal, Verdict, Wrong
from ovunque.platform.sealing.sealing import NOTHING, START, link, marks_of
from ovunque.platform.sealing.signing import is_signed

SEALS_AT_ONCE = 2_000
ROWS_AT_ONCE = 20_000
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Stretch:
    """Links that follow each other within an epoch, and where the one before them ends."""

    after: Cursor
    seals: tuple[Seal, ...]


def check_seals(database: Database, public: bytes, told: Sequence[Root]) -> Verdict:
    """The whole journal against its chain, and the chain against what was signed and told."""
    seals = tuple(_every_seal(database))
    roots = database.read(store.list_roots)
    last = seals[-1].end if seals else START
    wrong = (
        _gap(seals)
        or _first(_wrong_rows(database, seals))
        or wrong_root(seals, roots, public, "signed")
        or wrong_root(seals, told, public, "told outside")
    )
    return Verdict(
        rows=sum(each.rows for each in seals),
        seals=len(seals),
        roots=len(roots) + len(told),
        unsealed=database.read(lambda tx: store.count_behind(tx, last)),
        wrong=wrong,
    )


def _gap(seals: Sequence[Seal]) -> Wrong | None:
    """A link that is missing between others."""
    before = START
    for nth, seal in enumerate(seals, 1):
        if seal.nth != nth:
            return Wrong(what=f"seal {nth} that follows it is gone", at=before)
        before = seal.end
    return None


def _first(found: Iterable[Wrong | None]) -> Wrong | None:
    return next((each for each in found if each is not None), None)


def _every_seal(database: Database) -> Iterator[Seal]:
    after = 0
    while page := database.read(partial(store.list_seals, after=after, limit=SEALS_AT_ONCE)):
        yield from page
        after = page[-1].nth


def stretches(seals: Sequence[Seal]) -> Iterator[Stretch]:
    """The chain in parts that are read at once."""
    after, part, rows = START, list[Seal](), 0
    for seal in seals:
        if part and (rows >= ROWS_AT_ONCE or seal.end.epoch != part[-1].end.epoch):
            yield Stretch(after, tuple(part))
            after, part, rows = part[-1].end, [], 0
        part.append(seal)
        rows += seal.rows
    if part:
        yield Stretch(after, tuple(part))


def _wrong_rows(database: Database, seals: Sequence[Seal]) -> Iterator[Wrong | None]:
    """What is wrong in each stretch, in order; two are read at once."""
    before = {seal.nth: seal.hash for seal in seals}

    def read(part: Stretch) -> bytes:
        until = part.seals[-1].end
        return database.read(lambda tx: store.digests_between(tx, part.after, until))

    parts = tuple(stretches(seals))
    with ThreadPoolExecutor(AT_ONCE) as readers:
        for part, digests in zip(parts, readers.map(read, parts), strict=True):
            yield _wrong_in(database, part, digests, lambda nth: before.get(nth, NOTHING))


def _wrong_in(
    database: Database, part: Stretch, digests: bytes, hash_of: Callable[[int], bytes]
) -> Wrong | None:
    at, after = 0, part.after
    for seal in part.seals:
        size = seal.rows * DIGEST_BYTES
        if link(hash_of(seal.nth - 1), digests[at : at + size]) != seal.hash:
            return _name(database, after, seal)
        at, after = at + size, seal.end
    if at != len(digests):  # Something was pushed in that no mark knows of.
        return _name(database, part.after, part.seals[-1])
    return None


def _name(database: Database, after: Cursor, seal: Seal) -> Wrong:
    """The first row under a broken seal that is not what its mark says."""
    rows = database.read(lambda tx: store.list_rows(tx, after, seal.end))
    marks = [seal.marks[at : at + MARK_BYTES] for at in range(0, len(seal.marks), MARK_BYTES)]
    for nth, (cursor, subject, digest) in enumerate(rows):
        mark = marks_of(digest)
        if nth < len(marks) and mark == marks[nth]:
            continue
        if mark in marks[nth + 1 :]:
            what = "one or more rows before it are gone"
        elif nth < len(marks) and nth + 1 < len(rows) and marks_of(rows[nth + 1][2]) == marks[nth]:
            what = "it was pushed in later"
        else:
            what = "it is not what was written"
        return Wrong(what=what, at=cursor, subject=subject)
    if len(rows) < len(marks):
        return Wrong(what="it and what follows it are gone", at=seal.end)
    first = rows[0] if rows else None
    what = f"seal {seal.nth} over it was made again"
    return Wrong(what=what, at=first and first[0], subject=first[1] if first else "")


def wrong_root(
    seals: Sequence[Seal], roots: Iterable[Root], public: bytes, how: str
) -> Wrong | None:
    """The first signature that the chain does not bear out."""
    by_nth = {seal.nth: seal for seal in seals}
    vouched = START
    for root in roots:
        seal = by_nth.get(root.nth)
        if seal is None:
            what = f"the chain ends here, but seal {root.nth} was {how}: its tail was cut"
            return Wrong(what=what, at=seals[-1].end if seals else None)
        if not is_signed(root, public):
            what = f"what follows it is {how} by another key, in seal {root.nth}"
            return Wrong(what=what, at=vouched)
        if root.hash != seal.hash:
            what = f"what follows it is not what was {how} with seal {root.nth}"
            return Wrong(what=what, at=vouched)
        vouched = seal.end
    return None
