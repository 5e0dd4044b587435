"""What a feed would change, location by location, before any of it is applied."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules
from ovunque.stock.describing import hear
from ovunque.stock.model import CountColumns
from ovunque.stock.model.feeding import Feed, FeedKind, FeedReason, FeedState, Source, Weight
from ovunque.stock.rules import columns
from ovunque.stock.store import counting as counts_store
from ovunque.stock.store import describing as sources_store
from ovunque.stock.store import feeding as store
from ovunque.stock.store.feeding import Changing


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsFeed:
    """Counts of a source, any number of them, in parts: each level once, by the source's clock."""

    id: UUID  # Of the feed, if it has to wait.
    source: Source
    digest: bytes
    rows: int
    newest: datetime
    parts: Callable[[], Iterable[CountColumns]]
    complete: Mapping[UUID, datetime] = field(default_factory=dict)
    others: Callable[[], Iterable[CountColumns]] | None = None  # Those that may change a level.


def weigh_columns(tx: Tx, by: Actor, request: ColumnsFeed, now: datetime) -> Feed | None:
    """The feed that waits for a person; None when its counts may be taken."""
    source = request.source
    waiting = store.find_open_feed(tx, source.code, request.digest)
    if waiting is not None:
        return waiting
    others = request.others or request.parts
    weights = weights_of(tx, (columns.by_our_clock(source, part) for part in others()))
    heavy = tuple(each for each in weights if rules.is_suspicious(source, each))
    if not heavy:
        begin(tx, source, request.complete, now)
        hear(tx, source.code, now, rules.corrected(source, request.newest))
        return None
    feed = Feed(
        id=request.id,
        source=source.code,
        kind=FeedKind.COUNTS,
        why=FeedReason.SUSPICIOUS,
        state=FeedState.HELD,
        digest=request.digest,
        rows=request.rows,
        received_at=now,
        received_by=by.name,
        client_id=by.client_id,
        weights=heavy,
    )
    store.add_feed(tx, feed)
    store.add_feed_columns(tx, feed.id, request.parts())
    store.add_feed_complete(tx, feed.id, request.complete)
    journal.record(tx, [events.feed_held(feed)], by=by.name, at=now)
    return feed


def weights_of(tx: Tx, parts: Iterable[CountColumns]) -> tuple[Weight, ...]:
    """What counts would change, by location; only of those where enough levels would change."""
    return weights_of_changing(tx, (store.list_changing(tx, part) for part in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would come of a feed, were it taken now."""

    zeroed: int  # Levels that have units and would have none.
    held: bool


def foresee(tx: Tx, source: Source, parts: Iterable[CountColumns]) -> Foreseen:
    """Look without touching anything."""
    told = [store.list_changing(tx, columns.by_our_clock(source, part)) for part in parts]
    weights = weights_of_changing(tx, told)
    return Foreseen(
        zeroed=sum(each.zeroed for some in told for each in some),
        held=any(rules.is_suspicious(source, each) for each in weights),
    )


def units_moved(tx: Tx, source: Source, parts: Iterable[CountColumns]) -> int:
    """By how much counts change what we know; what nobody ever counted moves nothing."""
    told = (store.list_changing(tx, columns.by_our_clock(source, part)) for part in parts)
    return sum(each.known for some in told for each in some)


def weights_of_changing(tx: Tx, parts: Iterable[Iterable[Changing]]) -> tuple[Weight, ...]:
    levels, moved, zeroed = Counter[UUID](), Counter[UUID](), Counter[UUID]()
    for part in parts:
        for each in part:
            levels[each.location_id] += each.levels
            moved[each.location_id] += each.moved
            zeroed[each.location_id] += each.zeroed
    many = sorted(at for at, count in levels.items() if count >= rules.SUSPICIOUS_LEVELS_MIN)
    standing = store.list_standing(tx, many) if many else {}
    return tuple(
        Weight(
            location_id=at,
            units=standing[at][0],
            moved=moved[at],
            levels=standing[at][1],
            zeroed=zeroed[at],
        )
        for at in many
        if at in standing
    )


def begin(tx: Tx, source: Source, complete: Mapping[UUID, datetime], now: datetime) -> None:
    """From now on a level that a whole count did not name is at nothing, whoever tells of it."""
    for location_id, as_of in complete.items():
        counts_store.save_complete(tx, source, location_id, rules.corrected(source, as_of))
    if complete:
        sources_store.remove_gaps(tx, source.code, now)


def list_known(tx: Tx, source: Source, location_id: UUID, as_of: datetime) -> tuple[str, ...]:
    """The items that have a level at a location and no newer count than a source's moment."""
    return counts_store.list_skus_at(tx, location_id, rules.corrected(source, as_of))
