"""What sources tell, taken as they mean it; too much of it at once waits for a person."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx, document
from ovunque.stock import events, rules
from ovunque.stock.counting import (
    COUNTS_MAX,
    Counted,
    CountRequest,
    refuse_faults,
    take_counts,
)
from ovunque.stock.describing import hear, listen
from ovunque.stock.model import Count, Key, Movement
from ovunque.stock.model.feeding import Feed, FeedKind, FeedReason, FeedState, Source, Weight
from ovunque.stock.moving import MOVEMENTS_MAX, Moved, move
from ovunque.stock.ports import PickedUnits, nothing_picked
from ovunque.stock.rules.columns import columns_of
from ovunque.stock.store import describing as sources_store
from ovunque.stock.store import feeding as store
from ovunque.stock.store import waiting as waiting_store
from ovunque.stock.store.moving import list_booked
from ovunque.stock.weighing import begin, list_known, weights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRequest:
    """Counts of a source, as many as it likes to tell at once."""

    id: UUID  # Of the feed, if it has to wait.
    source: str
    counts: Sequence[Count]
    complete: Mapping[UUID, datetime] = field(default_factory=dict)  # Locations counted whole.
    acknowledged: Sequence[str] = ()
    sent_at: datetime | None = None  # By the clock of the source.
    picked: PickedUnits = nothing_picked


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """What came of a feed; a held one has changed nothing yet."""

    counted: Counted
    held: Feed | None = None


def feed_counts(database: Database, by: Actor, request: FeedRequest, now: datetime) -> Fed:
    """Take what a source counted, a thousand levels a transaction.

    Told again after a crash it goes on where it was: what stands already changes nothing.
    """
    weighed = database.transact(lambda tx: weigh(tx, by, request, now))
    if isinstance(weighed, Feed):
        return Fed(counted=Counted(changed=0, unchanged=0), held=weighed)
    source, counts = weighed
    changed = 0
    ordered = sorted(counts, key=lambda each: each.key)
    for start in range(0, len(ordered), COUNTS_MAX):
        told = CountRequest(
            source=source,
            counts=ordered[start : start + COUNTS_MAX],
            acknowledged=request.acknowledged if start == 0 else (),
            picked=request.picked,
        )
        done = database.transact(partial(take_counts, by=by, request=told, now=now))
        changed += done.changed
    return Fed(counted=Counted(changed=changed, unchanged=len(counts) - changed))


def weigh(
    tx: Tx, by: Actor, request: FeedRequest, now: datetime
) -> tuple[Source, tuple[Count, ...]] | Feed:
    """The source and all that it counted, what is not there included; or the feed that waits."""
    source = listen(tx, request.source, request.sent_at, now)
    digest = digest_of(request.counts, request.complete)
    waiting = store.find_open_feed(tx, source.code, digest)
    if waiting is not None:
        return waiting
    refuse_faults(
        [
            rules.check_count(replace(each, as_of=rules.corrected(source, each.as_of)), now)
            for each in request.counts
        ],
        "/counts",
    )
    counts = (*request.counts, *_not_there(tx, source, request))
    weights = weights_of(tx, [columns_of(counts)])
    heavy = tuple(each for each in weights if rules.is_suspicious(source, each))
    if heavy:
        feed = _feed(by, replace(request, counts=counts), heavy, now)
        hold(tx, by, replace(feed, digest=digest), replace(request, counts=counts), now)
        return feed
    begin(tx, source, request.complete, now)
    if counts:
        as_of = max(rules.corrected(source, each.as_of) for each in counts)
        hear(tx, source.code, now, as_of)
    return source, counts


def _not_there(tx: Tx, source: Source, request: FeedRequest) -> tuple[Count, ...]:
    """What a whole count does not name, though we have a level of it."""
    named = {each.key for each in request.counts}
    missing: list[Count] = []
    for location_id, as_of in request.complete.items():
        keys = (Key(sku, location_id) for sku in list_known(tx, source, location_id, as_of))
        missing += [Count(key=key, on_hand=0, as_of=as_of) for key in keys if key not in named]
    return tuple(missing)


def _feed(by: Actor, request: FeedRequest, weights: tuple[Weight, ...], now: datetime) -> Feed:
    return Feed(
        id=request.id,
        source=request.source,
        kind=FeedKind.COUNTS,
        why=FeedReason.SUSPICIOUS,
        state=FeedState.HELD,
        digest=b"",
        rows=max(1, len(request.counts)),
        received_at=now,
        received_by=by.name,
        client_id=by.client_id,
        weights=weights,
    )


def hold(tx: Tx, by: Actor, feed: Feed, request: FeedRequest, now: datetime) -> None:
    """Keep a feed with its rows until a person has looked at it."""
    store.add_feed(tx, feed)
    newest: dict[Key, Count] = {}
    for each in sorted(request.counts, key=lambda each: (each.as_of, -each.on_hand)):
        newest[each.key] = each
    store.add_feed_counts(tx, feed.id, newest.values())
    store.add_feed_complete(tx, feed.id, request.complete)
    journal.record(tx, [events.feed_held(feed)], by=by.name, at=now)


def digest_of(counts: Iterable[Count], complete: Mapping[UUID, datetime]) -> bytes:
    """What makes two feeds of a source the same, in whatever order their rows come."""
    rows = sorted((*each.key, each.on_hand, each.as_of) for each in counts)
    places = sorted(complete.items())
    return hashlib.sha256(document([rows, places]).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementsRequest:
    """What a source says came and went."""

    id: UUID  # Of the feed, if any of it has to wait.
    source: str
    movements: Sequence[Movement]
    sent_at: datetime | None = None
    write_offs_wait: bool = False  # They are a part of more, which is too dear as a whole.
    part_of: bytes = b""  # The digest of that: what waits of it waits as one feed.


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementsFed:
    moved: Moved
    held: Feed | None = None
    waiting: int = 0  # Movements that wait for a person, told now or before.


def feed_movements(tx: Tx, by: Actor, request: MovementsRequest, now: datetime) -> MovementsFed:
    """Book what came and went; write-offs above the source's limit wait for somebody else."""
    assert len(request.movements) <= MOVEMENTS_MAX
    source = listen(tx, request.source, request.sent_at, now)
    movements = [
        replace(each, occurred_at=rules.corrected(source, each.occurred_at))
        for each in request.movements
    ]
    refuse_faults([rules.check_movement(each, now) for each in movements], "/movements")
    _follow(tx, source, movements, now)
    known = waiting_store.list_known(tx, source.code, [each.id for each in movements])
    new = [each for each in movements if each.id not in known]
    heavy, value = _too_dear(tx, source, new, wait=request.write_offs_wait)
    feed = None
    if heavy:
        feed = _hold_movements(tx, by, request, (heavy, value), now)
    ids = {each.id for each in heavy}
    moved = move(tx, by, source.code, [each for each in new if each.id not in ids], now)
    return MovementsFed(moved=moved, held=feed, waiting=len(known) + len(heavy))


def _follow(tx: Tx, source: Source, movements: Sequence[Movement], now: datetime) -> None:
    """Which numbers of the source have not come; one at a time may look."""
    seen = [each.sequence for each in movements if each.sequence is not None]
    if not seen:
        return
    locked = sources_store.lock_source(tx, source.code)
    missing = sources_store.list_gaps(tx, [source.code]).get(source.code, ())
    last = max([*seen, *([] if locked.last_sequence is None else [locked.last_sequence])])
    left = rules.follow(locked.last_sequence, missing, seen)
    if last != locked.last_sequence or left != list(missing):
        sources_store.save_sequence(tx, source, left, last, now)


def _too_dear(
    tx: Tx, source: Source, movements: Sequence[Movement], *, wait: bool
) -> tuple[tuple[Movement, ...], int | None]:
    """Write-offs that somebody has to approve, and what they are worth if that is known."""
    offs = [each for each in movements if rules.is_write_off(each.kind, each.quantity)]
    items = find_items(tx, {each.key.sku for each in offs})
    worth = [worth_of(items.get(each.key.sku), each.quantity) for each in offs]
    value = _sum_of(worth)
    if wait or value is None or value > source.write_off_cents_max:
        return tuple(offs), value
    return (), value


def worth_of(item: Item | None, quantity: int) -> int | None:
    """What some units cost, or sell for where nobody has told; None where neither is known."""
    cents = (item.cost_cents or item.price_cents) if item else None
    return None if cents is None else cents * abs(quantity)


def _sum_of(worth: Iterable[int | None]) -> int | None:
    total = 0
    for cents in worth:
        if cents is None:
            return None
        total += cents
    return total


def must_wait(tx: Tx, source: Source, worth: Mapping[str, int | None]) -> bool:
    """Whether write-offs told together, by id, are too dear; what is booked counts no more.

    Those that wait already count: whoever goes on with the rest must not find it cheap.
    """
    ids = list(worth)
    left = dict(worth)
    for start in range(0, len(ids), MOVEMENTS_MAX):
        for known in list_booked(tx, source.code, ids[start : start + MOVEMENTS_MAX]):
            del left[known]
    value = _sum_of(left.values())
    return value is None or value > source.write_off_cents_max


def _hold_movements(
    tx: Tx,
    by: Actor,
    request: MovementsRequest,
    heavy: tuple[tuple[Movement, ...], int | None],
    now: datetime,
) -> Feed:
    movements, value = heavy
    begun = _find_begun(tx, by, request)
    if begun is not None:
        value = _sum_of((begun.value_cents, value))
        feed = replace(begun, rows=begun.rows + len(movements), value_cents=value)
        store.save_longer(tx, feed)
    else:
        feed = _feed_of_movements(tx, by, request, heavy, now)
        store.add_feed(tx, feed)
    waiting_store.add_waiting(tx, feed, movements)
    journal.record(tx, [events.feed_held(feed)], by=by.name, at=now)
    return feed


def _find_begun(tx: Tx, by: Actor, request: MovementsRequest) -> Feed | None:
    """The feed in which more of the same file waits, told by the same; locked, still undecided."""
    if not request.part_of:
        return None
    found = store.find_open_feed(tx, request.source, request.part_of)
    locked = store.lock_feed(tx, found.id) if found else None
    if locked is None or locked.state != FeedState.HELD or locked.client_id != by.client_id:
        return None
    return locked


def _feed_of_movements(
    tx: Tx,
    by: Actor,
    request: MovementsRequest,
    heavy: tuple[tuple[Movement, ...], int | None],
    now: datetime,
) -> Feed:
    movements, value = heavy
    digest = request.part_of
    if not digest or store.find_open_feed(tx, request.source, digest):
        digest = hashlib.sha256(document([each.id for each in movements]).encode()).digest()
    return Feed(
        id=request.id,
        source=request.source,
        kind=FeedKind.MOVEMENTS,
        why=FeedReason.WRITE_OFF,
        state=FeedState.HELD,
        digest=digest,
        rows=len(movements),
        received_at=now,
        received_by=by.name,
        client_id=by.client_id,
        value_cents=value,
    )
