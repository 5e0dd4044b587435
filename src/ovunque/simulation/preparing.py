"""What a replay needs: orders, what lay there before them, and what is tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ovunque.platform.database import Database
from ovunque.simulation.gathering import TODAY, Past, gather, generate, orders_of
from ovunque.simulation.model import Source
from ovunque.simulation.replaying import Arm, PastOrder
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.model.ruling import Strategy
from ovunque.sourcing.planning import Shelf, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.trying import counting, with_draft

LIVE = ""  # The name of the arm that counts now.


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything in memory: the database is not asked again."""

    snapshot: Snapshot
    orders: Sequence[PastOrder]
    arms: Sequence[Arm]
    shelf: Shelf
    gaps: tuple[str, ...]  # What could not be had as it was then.


def prepare(
    database: Database, strategies: Sequence[Strategy], source: Source, now: datetime
) -> Prepared:
    """The orders that are asked for, and strategies beside what counts now."""
    snapshot = database.read(sourcing_snapshot.load)
    past = past_of(database, snapshot, source, now)
    return arrange(snapshot, past, strategies, now)


def past_of(database: Database, snapshot: Snapshot, source: Source, now: datetime) -> Past:
    if source.orders:
        return Past(orders=tuple(orders_of(snapshot, source.orders)), gaps=TODAY)
    if source.generate:
        orders = tuple(generate(snapshot, source.generate, source.seed, now))
        return Past(orders=orders, gaps=TODAY)
    since = now - timedelta(days=source.days)
    return database.read(lambda tx: gather(tx, snapshot, since))


def arrange(
    snapshot: Snapshot, past: Past, strategies: Sequence[Strategy], now: datetime
) -> Prepared:
    """The arms, and the shelf as it was before the first order."""
    arms = [Arm(name=LIVE, steering=counting(snapshot.steering, now))]
    arms += [
        Arm(name=each.code, steering=with_draft(snapshot.steering, each, now))
        for each in strategies
    ]
    return Prepared(
        snapshot=snapshot,
        orders=past.orders,
        arms=arms,
        shelf=shelf_of(snapshot, past, now),
        gaps=past.gaps,
    )


def shelf_of(snapshot: Snapshot, past: Past, now: datetime) -> Shelf:
    """What lay there before these orders came."""
    units = [(sku, at, quantity) for (sku, at), quantity in past.put_back.items()]
    return snapshot_shelf(snapshot, now).with_units(units)
