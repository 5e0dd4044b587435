"""Shelves are counted by scanning: what was scanned becomes a count of the shelf once it is booked.

A unit is counted in the moment in which it is scanned: what is sold afterwards is taken off again,
also while others of its kind are still being scanned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import find_item, find_items, sku_of
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import rules
from ovunque.stock.counting import (
    COUNTS_MAX,
    Counted,
    CountRequest,
    hold_levels,
    take_counts,
)
from ovunque.stock.foretelling import foretell
from ovunque.stock.model import Count, Key
from ovunque.stock.model.counting_shelves import (
    ShelfCount,
    ShelfCountItem,
    ShelfCountKind,
    ShelfCountOutcome,
    ShelfCountState,
    ShelfScan,
)
from ovunque.stock.model.feeding import Source, SourceKind
from ovunque.stock.ports import PickedUnits
from ovunque.stock.store import counting_shelves as store
from ovunque.stock.store.describing import find_source

SHELF = Source(code="shelf", kind=SourceKind.PHYSICAL, picked_inside=False)  # Unless described.
ITEMS_MAX = COUNTS_MAX
SCANS_MAX = 10_000
LATE_MAX = timedelta(days=2)  # How long a device may be away with scans.


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRequest:
    """Items to count; none named: whatever is scanned."""

    id: UUID
    location_id: UUID
    skus: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    id: UUID
    count_id: UUID
    code: str
    quantity: int = 1
    age: timedelta = timedelta(0)  # So long ago: a device without a network tells it later.


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRequest:
    """What a code is that nobody knew; no item: none of ours."""

    count_id: UUID
    code: str
    sku: str | None


def begin(tx: Tx, by: Actor, request: BeginRequest, now: datetime) -> ShelfCount:
    """A count that people scan into, together if they like."""
    if by.location_id not in (None, request.location_id):
        raise Refusal("not_found", what="location")
    skus = sorted(set(request.skus))
    known = find_items(tx, skus)
    for nth, sku in enumerate(skus):
        if sku not in known:
            fault = Fault(f"/skus/{nth}", "unknown_reference", f"There is no item {sku}.")
            raise Refusal("invalid", errors=(fault,), detail=fault.detail)
    count = ShelfCount(
        id=request.id,
        location_id=request.location_id,
        kind=ShelfCountKind.DIRECTED if skus else ShelfCountKind.FREE,
        begun_at=now,
        begun_by=by.name,
        items=tuple(ShelfCountItem(sku=sku) for sku in skus),
    )
    store.add_count(tx, count)
    journal.record(tx, [_told("begun", count, items=len(skus))], by=by.name, at=now)
    return count


def scan(tx: Tx, by: Actor, request: ScanRequest, now: datetime) -> ShelfScan:
    """One code, kept as it is; whether it is an item of ours says its `sku`."""
    count = _hold(tx, by, request.count_id)
    items = {*count.counted}
    sku = _sku_of(tx, request.code)
    if len(count.scans) >= SCANS_MAX or (sku not in items and len(items) >= ITEMS_MAX):
        raise Refusal("count_full", items=ITEMS_MAX, scans=SCANS_MAX)
    scanned = ShelfScan(
        id=request.id,
        at=max(now - min(request.age, LATE_MAX), count.begun_at),
        by=by.name,
        code=request.code,
        sku=sku,
        quantity=request.quantity,
    )
    store.add_scan(tx, count.id, scanned)
    told = _told("scanned", count, sku=sku, quantity=request.quantity)
    journal.record(tx, [told], by=by.name, at=now)
    return scanned


def _sku_of(tx: Tx, code: str) -> str | None:
    try:
        return sku_of(tx, code)
    except Refusal:
        return None


def take_back(tx: Tx, by: Actor, count_id: UUID, scan_id: UUID, now: datetime) -> ShelfCount:
    """The count without a scan: it stays in the log, and counts for nothing."""
    count = _hold(tx, by, count_id)
    if not store.save_taken_back(tx, count_id, scan_id, now):
        raise Refusal("not_found", what="scan")
    journal.record(tx, [_told("scan_taken_back", count)], by=by.name, at=now)
    return find_count(tx, by, count_id)


def settle(tx: Tx, by: Actor, request: SettleRequest, now: datetime) -> ShelfCount:
    """Somebody who knows says what an unmatched code is, for all its scans."""
    count = _hold(tx, by, request.count_id)
    sku = find_item(tx, request.sku).sku if request.sku is not None else None
    if not store.save_settled(tx, count.id, request.code, sku, by.name):
        raise Refusal("not_found", what="unmatched scan")
    journal.record(tx, [_told("scan_settled", count, sku=sku)], by=by.name, at=now)
    return find_count(tx, by, count.id)


def close(
    tx: Tx, by: Actor, count_id: UUID, picked: PickedUnits, now: datetime
) -> tuple[ShelfCount, Counted]:
    """What was scanned is what lies there; codes that nobody knows stay in the log.

    Picked units lie in totes, not on the shelf: they are added to what was counted.
    """
    count = _hold(tx, by, count_id)
    request = _request_of(tx, count, picked, now)
    hold_levels(tx, [each.key for each in request.counts])
    found = _differ(tx, request)
    booked = take_counts(tx, by, request, now)
    closed = _end(tx, by, replace(count, outcome=ShelfCountOutcome.BOOKED), found, now)
    return closed, booked


def compare(
    tx: Tx, count: ShelfCount, picked: PickedUnits, now: datetime
) -> tuple[ShelfCountItem, ...]:
    """What was counted beside what should have lain there when it was, by our books of now."""
    return _differ(tx, _request_of(tx, count, picked, now))


def _request_of(tx: Tx, count: ShelfCount, picked: PickedUnits, now: datetime) -> CountRequest:
    counted = count.counted
    seen = {Key(sku, count.location_id): count.seen(sku) for sku in sorted(counted)}
    left = store.list_left(tx, {key: (at[0][0], at[-1][0]) for key, at in seen.items() if at})
    counts = [
        Count(
            key=key,
            on_hand=counted[key.sku],
            as_of=at[-1][0] if at else now,
            took_s=ceil((at[-1][0] - at[0][0]).total_seconds()) if at else 0,
            unseen=rules.unseen(at, left.get(key, ())),
        )
        for key, at in seen.items()
    ]
    source = find_source(tx, SHELF.code) or SHELF
    return CountRequest(source=source, counts=counts, picked=picked)


def _differ(tx: Tx, request: CountRequest) -> tuple[ShelfCountItem, ...]:
    """Each item differs by what booking it changes, and by nothing else."""
    changes = foretell(tx, request)
    return tuple(
        ShelfCountItem(
            sku=each.key.sku,
            counted=each.on_hand,
            expected=each.on_hand - changes.get(each.key, 0),
        )
        for each in request.counts
    )


def drop(tx: Tx, by: Actor, count_id: UUID, now: datetime) -> ShelfCount:
    """Nothing comes of it; its log stays."""
    dropped = replace(_hold(tx, by, count_id), outcome=ShelfCountOutcome.DROPPED)
    return _end(tx, by, dropped, (), now)


def find_count(tx: Tx, by: Actor, count_id: UUID) -> ShelfCount:
    count = store.find_count(tx, count_id)
    if count is None or by.location_id not in (None, count.location_id):
        raise Refusal("not_found", what="shelf count")
    return count


def list_open(tx: Tx, location_id: UUID) -> tuple[ShelfCount, ...]:
    """The counts that somebody has begun at a location."""
    return store.list_open(tx, location_id)


def list_counts(
    tx: Tx,
    *,
    location_id: UUID | None,
    state: ShelfCountState | None,
    before: UUID | None,
    limit: int,
) -> tuple[ShelfCount, ...]:
    """Counts of a location, or of all, the newest first; without their items and scans."""
    return store.list_counts(tx, location_id=location_id, state=state, before=before, limit=limit)


def _hold(tx: Tx, by: Actor, count_id: UUID) -> ShelfCount:
    count = store.lock_count(tx, count_id)
    if count is None or by.location_id not in (None, count.location_id):
        raise Refusal("not_found", what="shelf count")
    if count.closed_at is not None:
        raise Refusal("count_over", by=count.closed_by or "")
    return count


def _end(
    tx: Tx, by: Actor, closed: ShelfCount, found: Sequence[ShelfCountItem], now: datetime
) -> ShelfCount:
    assert closed.outcome is not None, "it is closed with something"
    ended = replace(closed, closed_at=now, closed_by=by.name)
    store.save_closed(tx, ended, found)
    differing = sum(each.counted != each.expected for each in found)
    fact = _told(
        closed.outcome.value,
        ended,
        items=len(found),
        differing=differing,
        unmatched=len(ended.unmatched),
    )
    journal.record(tx, [fact], by=by.name, at=now)
    return replace(ended, items=tuple(found) or ended.items)


def _told(what: str, count: ShelfCount, **more: object) -> Fact:
    body = {"location": count.location_id, **more}
    return Fact(kind=f"shelf_count.{what}", subject=public_id("shc", count.id), body=body)
