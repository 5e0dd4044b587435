"""Counts that find what we have: nearly all that a full feed tells.

They move baselines on, and nobody sees a difference until something older than them comes. So they
are kept together, and their levels stay as they are. Whoever books a movement, a count or an
acknowledgment that is not newer than a feed writes the kept counts into its levels first, under
their locks: from there on all is as if each count had been booked when it came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.platform.database import Database, Tx
from ovunque.stock import store as levels_store
from ovunque.stock.model import CountColumns, Key
from ovunque.stock.model.feeding import Source
from ovunque.stock.rules import columns, corrected
from ovunque.stock.store import confirming as store

KEPT = timedelta(days=1)
TOGETHER = 1_000
AT_ONCE_MAX = 1_000  # Kept counts are looked at so many rows at a time.
Span = store.Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the counts of a feed may be kept together, and since when everybody knows."""

    feed_id: UUID
    locations: frozenset[str]
    horizon: int = 0


def announce_feed(
    tx: Tx, feed_id: UUID, source: Source, spans: Mapping[UUID, Span], now: datetime
) -> Ground:
    """Tell everybody which moments a feed is about: its counts may be kept once all know.

    Not those of a source that acknowledges our movements, whose counts say more than their number.
    """
    told = {
        at: (corrected(source, oldest), corrected(source, newest))
        for at, (oldest, newest) in spans.items()
    }
    past = {at: span for at, span in sorted(told.items()) if span[1] < now}
    if not past or store.find_acknowledged(tx, source.code):
        return Ground(feed_id=feed_id, locations=frozenset())
    own = store.save_spans(tx, feed_id, past)
    return Ground(feed_id=feed_id, locations=frozenset(map(str, own)))


def look_round(tx: Tx, ground: Ground) -> Ground:
    """The same in a later transaction: who does not know of the feed is at work by now."""
    return replace(ground, horizon=store.find_horizon(tx))


def confirm(
    tx: Tx, ground: Ground, source: Source, told: CountColumns, now: datetime
) -> CountColumns:
    """Keep what was found to be what we have; returns what is to be booked after all."""
    store.lock_shared(tx)
    disturbed = store.list_disturbed(tx, ground.feed_id, {*told.location_ids})
    rest: list[int] = []
    if disturbed:
        rest = [at for at, place in enumerate(told.location_ids) if place in disturbed]
        same = [at for at, place in enumerate(told.location_ids) if place not in disturbed]
    kept = columns.taken(told, same) if disturbed else told
    for part in columns.parts_of(columns.by_our_clock(source, kept), TOGETHER):
        if part.skus:
            store.add_confirmations(tx, source, part, now)
    return columns.taken(told, rest)


def settle(tx: Tx, moments: Iterable[tuple[Key, datetime]], own: UUID | None = None) -> bool:
    """Write what is kept of locked levels into them, if something not newer is to be booked.

    `own` is the feed that is being booked: what it keeps is of no level that it books.
    """
    told = list(moments)
    told_of = CountColumns(
        skus=[key.sku for key, _ in told],
        location_ids=[str(key.location_id) for key, _ in told],
        on_hands=(),
        as_ofs=[moment for _, moment in told],
    )
    return settle_columns(tx, told_of, own)


def settle_columns(tx: Tx, told: CountColumns, own: UUID | None) -> bool:
    """The same of counts as columns."""
    late = store.list_late(tx, told, own) if told.skus else ()
    if not late:
        return False
    store.lock_alone(tx)
    store.save_disturbed(tx, {key.location_id for key in late})
    return store.save_confirmed(tx, late) > 0


def settle_daily(database: Database, _: object, now: datetime) -> None:
    """Write into levels what counts have confirmed for a day: a job of the worker."""
    settle_old(database, now)


def settle_old(database: Database, now: datetime) -> int:
    """Write into levels what has been kept for long and was not told again since."""

    def work(tx: Tx) -> bool:
        found = store.lock_old(tx, now - KEPT)
        if found is None:
            return False
        position, keys = found
        if keys:
            levels_store.lock_levels(tx, keys)
            store.save_confirmed(tx, keys)
        store.save_history(tx, position)
        return True

    done = 0
    while done < AT_ONCE_MAX and database.transact(work):
        done += 1
    return done
