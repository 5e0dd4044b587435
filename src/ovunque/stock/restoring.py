"""A past that was computed elsewhere by this room's rules, taken over as it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ovunque.platform.database import Tx
from ovunque.stock.model import Count, Key, Movement, Reservation
from ovunque.stock.store import restoring as store
from ovunque.stock.store.restoring import LevelRow

__all__ = ["LevelRow", "Past", "restore", "restore_opening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened to stock, and what stands of it."""

    counts: Iterable[tuple[str, Count, datetime]]  # Source, count, when it was told.
    movements: Iterable[tuple[str, Movement, datetime]]
    reservations: Iterable[tuple[Reservation, str]]
    aside: Mapping[tuple[Key, str], int]
    short: Mapping[Key, int]


def restore_opening(tx: Tx, levels: Iterable[LevelRow], told_at: str) -> int:
    """Count every level for the first time: as its baseline says, told at that moment."""
    return store.add_counts(
        tx,
        (
            store.CountRow(
                sku=each.sku,
                location_id=each.location_id,
                as_of=each.baseline_as_of,
                on_hand=each.baseline,
                source=each.baseline_source,
                recorded_at=told_at,
            )
            for each in levels
        ),
    )


def restore(tx: Tx, levels: Iterable[LevelRow], past: Past, now: datetime) -> int:
    """Write levels and all that led to them; returns the number of rows.

    Nothing is decided here: `ovunque check` holds the rows against each other. The caller writes
    the journal's facts in the same transaction.
    """
    rows = store.add_shortages(tx, past.short, now)
    rows += store.add_levels(tx, levels)
    rows += store.add_counts(tx, (store.count_row(*each) for each in past.counts))
    rows += store.add_movements(tx, past.movements)
    rows += store.add_reservations(tx, past.reservations)
    return rows + store.add_aside(tx, past.aside)
