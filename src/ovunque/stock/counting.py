"""A count is a fact about a past moment: it becomes the level's baseline unless a newer one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules, store
from ovunque.stock.balancing import balance, list_misadjusted
from ovunque.stock.confirming import Ground, confirm, settle, settle_columns
from ovunque.stock.keeping_single import hold_pieces, refuse_twice
from ovunque.stock.model import SEEN_WHEN_COUNTED, Count, CountColumns, Key, StockLevel
from ovunque.stock.model.feeding import Reports, Source, SourceKind
from ovunque.stock.ports import PickedUnits, nothing_picked
from ovunque.stock.rules import columns
from ovunque.stock.store import counting as counts_store
from ovunque.stock.store import merging
from ovunque.stock.store import setting_aside as aside_store
from ovunque.stock.store.asking import save_counted
from ovunque.stock.store.describing import find_source

COUNTS_MAX = 1_000  # Levels of one transaction: whoever reads the journal waits for the longest.
OURS = "ovunque"  # The source of what left by our own orders.


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many levels took the count, and how many had a newer one or the same already."""

    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRequest:
    """What a source counted, and which of our movements it says are in it."""

    source: Source
    counts: Sequence[Count]
    acknowledged: Sequence[str] = ()  # Ids of what left by our own orders.
    picked: PickedUnits = nothing_picked
    feed_id: UUID | None = None  # Of one whose counts are kept together where they may.


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsRequest:
    """What a source counted, some thousands of levels, by its own clock."""

    source: Source
    told: CountColumns
    picked: PickedUnits = nothing_picked
    ground: Ground | None = None
    same: CountColumns | None = None  # More of them, found to be what we have on that ground.


def count(tx: Tx, by: Actor, source: str, counts: Sequence[Count], now: datetime) -> Counted:
    """Book what a source counted; duplicates and any order of arrival give the same stock."""
    found = find_source(tx, source) or Source(code=source)
    return take_counts(tx, by, CountRequest(source=found, counts=counts), now)


def take_counts(tx: Tx, by: Actor, request: CountRequest, now: datetime) -> Counted:
    """The same for a source as it is described."""
    assert len(request.counts) <= COUNTS_MAX
    source = request.source
    counts = by_our_clock(request)
    refuse_faults([rules.check_count(each, now) for each in counts])
    singles = hold_pieces(tx, [each.key.sku for each in counts])
    took = any(each.took_s for each in counts)
    if is_merged(source) and not (request.acknowledged or singles or took):
        told = columns.columns_of(counts)
        merged = merge_counts(tx, by, MergeRequest(source, told, request.feed_id), now)
        if merged is not None:
            return merged
    keys = sorted({each.key for each in counts})
    also = _acknowledge(tx, request, counts)
    touched = sorted({*keys, *also})
    was_short, added = _lock(tx, request, touched, counts)
    oldest = min((each.as_of for each in counts), default=now)
    moments = ((each.key, each.as_of) for each in counts)
    settle(tx, (*moments, *((key, oldest) for key in also)), request.feed_id)
    levels = counts_store.save_counts(tx, source, counts, added, now)
    if also:
        recounted = counts_store.save_recounted(tx, also)
        levels = tuple({level.key: level for level in (*levels, *recounted)}.values())
    seen = _see_again(tx, source, keys, now)
    refuse_twice(tx, singles)
    same = sorted({*keys} - {level.key for level in levels})
    levels += list_misadjusted(tx, same)  # What explains an adjustment may change no number.
    counted = {level.key for level in levels} & set(keys)
    if seen:
        levels = tuple({level.key: level for level in (*levels, *seen)}.values())
    if levels:
        changed = balance(tx, levels, was_short, now)
        journal.record(tx, [events.changed(changed)], by=by.name, at=now)
    if source.kind == SourceKind.PHYSICAL:
        newest = {each.key: each.as_of for each in sorted(counts, key=lambda each: each.as_of)}
        done = save_counted(tx, newest, by.name, now)
        journal.record(tx, events.counts_done(done), by=by.name, at=now)
    return Counted(changed=len(counted), unchanged=len(keys) - len(counted))


def hold_levels(tx: Tx, keys: Sequence[Key]) -> None:
    """Nobody else changes these levels until we are done, as if a count of them was booked."""
    hold_pieces(tx, [key.sku for key in keys])
    store.add_missing_levels(tx, keys)
    store.lock_counted(tx, keys)


def take_columns(tx: Tx, by: Actor, request: ColumnsRequest, now: datetime) -> Counted:
    """The same for counts that were checked already."""
    source, told, same = request.source, request.told, request.same
    total = len(told.skus) + (len(same.skus) if same else 0)
    merged = is_merged(source) and not hold_pieces(tx, [*told.skus, *(same.skus if same else ())])
    rest = told
    if same is not None and same.skus:
        if merged and request.ground:
            same = confirm(tx, request.ground, source, same, now)
        rest = columns.joined(told, same) if same.skus else told
    changed = 0
    for part in columns.parts_of(rest, COUNTS_MAX):
        changed += _take_part(tx, by, replace(request, told=part), now, merged=merged)
    return Counted(changed=changed, unchanged=total - changed)


def _take_part(tx: Tx, by: Actor, request: ColumnsRequest, now: datetime, *, merged: bool) -> int:
    """Book as many as one fact tells of; returns how many changed a level."""
    source, told = request.source, request.told
    feed_id = request.ground.feed_id if request.ground else None
    if not told.skus:
        return 0
    if merged:
        by_us = MergeRequest(source, columns.by_our_clock(source, told), feed_id)
        counted = merge_counts(tx, by, by_us, now)
        if counted is not None:
            return counted.changed
    counts = columns.counts_of(told)
    one_by_one = CountRequest(source=source, counts=counts, picked=request.picked, feed_id=feed_id)
    return take_counts(tx, by, one_by_one, now).changed


def is_plain(source: Source) -> bool:
    """Whether its numbers are ours as they are."""
    return source.reports == Reports.ON_HAND and source.picked_inside


def is_merged(source: Source) -> bool:
    """Whether its counts say nothing but their numbers: who counts the shelf settles more."""
    return is_plain(source) and source.kind != SourceKind.PHYSICAL


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """What a plain source counted, checked, by our clock."""

    source: Source
    told: CountColumns
    feed_id: UUID | None


def merge_counts(tx: Tx, by: Actor, request: MergeRequest, now: datetime) -> Counted | None:
    """Book the counts of a plain source; None if they have to be taken one by one."""
    source, told = request.source, request.told
    merged: merging.Merged | None
    if merging.lock_told(tx, told) or merging.find_whole(tx, told):
        settle_columns(tx, told, request.feed_id)
        merged = merging.save_merged(tx, source, told, now)
    else:
        merged = merging.add_told(tx, source, told, now)
    if merged is None:
        return None
    if merged.first is not None and merged.levels is not None:
        fact = events.changed_many(merged.changed, merged.first, merged.levels, by=by.name, at=now)
        journal.write(tx, fact)
    return Counted(changed=merged.changed, unchanged=len(told.skus) - merged.changed)


def _see_again(
    tx: Tx, source: Source, keys: Sequence[Key], now: datetime
) -> tuple[StockLevel, ...]:
    """Levels whose missing units, or those to be put back, a count of the shelf has settled."""
    if source.kind != SourceKind.PHYSICAL or source.reports != Reports.ON_HAND:
        return ()
    seen = aside_store.list_seen(tx, source.code, keys, SEEN_WHEN_COUNTED)
    less = {name: -units for name, units in seen.items()}
    return aside_store.save_aside(tx, less, now) if less else ()


def _acknowledge(tx: Tx, request: CountRequest, counts: Sequence[Count]) -> tuple[Key, ...]:
    """The levels of our movements that the source has in its books by now."""
    if not request.acknowledged or not counts:
        return ()
    as_of = min(each.as_of for each in counts)
    told = (OURS, request.acknowledged)
    counts_store.save_acknowledged(tx, request.source.code, told, as_of)
    return counts_store.list_acknowledged(tx, *told)


def _lock(
    tx: Tx, request: CountRequest, keys: Sequence[Key], counts: Sequence[Count]
) -> tuple[bool, Mapping[Key, int]]:
    """Whether any of the levels is short, and what each has beside what the source counts."""
    source = request.source
    count, is_short = store.lock_counted(tx, keys)
    if count < len(keys):
        store.add_missing_levels(tx, keys)
        _, is_short = store.lock_counted(tx, keys)
    if is_plain(source):
        return is_short, {each.key: each.unseen for each in counts if each.unseen}
    levels = store.lock_levels(tx, keys)
    return any(level.free < 0 for level in levels), added_to(tx, request, levels, counts)


def by_our_clock(request: CountRequest) -> list[Count]:
    source = request.source
    return [replace(each, as_of=rules.corrected(source, each.as_of)) for each in request.counts]


def added_to(
    tx: Tx, request: CountRequest, levels: Sequence[StockLevel], counts: Sequence[Count]
) -> Mapping[Key, int]:
    """What some levels have beside what their source counts there."""
    source = request.source
    moments = {each.key: each.as_of - timedelta(seconds=each.took_s) for each in counts}
    missed = {each.key: each.unseen for each in counts}
    picked = {} if source.picked_inside else request.picked(tx, moments)
    return {
        level.key: rules.added(source, level, picked.get(level.key, 0)) + missed.get(level.key, 0)
        for level in levels
    }


def refuse_faults(faults: Sequence[tuple[Fault, ...]], at: str = "") -> None:
    """Refuse the whole request if any row has a fault, each named by its row."""
    named = tuple(
        Fault(f"{at}/{row}{fault.pointer}", fault.code, fault.detail)
        for row, found in enumerate(faults)
        for fault in found
    )
    if named:
        raise Refusal("invalid", errors=named, detail=named[0].detail)
