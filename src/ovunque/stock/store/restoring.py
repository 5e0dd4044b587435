"""Stock that was computed elsewhere, written once."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from typing import Any, NamedTuple

from ovunque.platform.copying import copy
from ovunque.platform.database import Tx
from ovunque.stock import rules
from ovunque.stock.model import Count, Key, Movement, Reservation
from ovunque.stock.store.merging import numbers, texts

COUNTS_TOGETHER = 1_000


class LevelRow(NamedTuple):
    """A level with the count that it stands on; a tuple, since there are millions."""

    sku: str
    location_id: str
    on_hand: int
    unavailable: int
    reserved: int
    baseline: int
    baseline_as_of: str
    baseline_source: str
    version: int


class CountRow(NamedTuple):
    """A count that became the baseline of its level."""

    sku: str
    location_id: str
    as_of: str
    on_hand: int
    source: str
    recorded_at: datetime | str


def add_levels(tx: Tx, rows: Iterable[LevelRow]) -> int:
    return copy(
        tx,
        "stock_level (sku, location_id, on_hand, unavailable, reserved, baseline, "
        "baseline_as_of, baseline_source, version)",
        rows,
    )


def add_counts(tx: Tx, rows: Iterable[CountRow]) -> int:
    """Counts as they became baselines, those of a source that were told together in one row."""
    count = 0

    def told() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for (source, recorded_at), some in groupby(rows, lambda row: (row.source, row.recorded_at)):
            while block := sorted(islice(some, COUNTS_TOGETHER)):
                skus, location_ids, as_ofs, on_hands, *_ = zip(*block, strict=True)
                count += len(block)
                span = f'["{skus[0]}","{skus[-1]}"]'
                yield (
                    source,
                    recorded_at,
                    span,
                    texts(skus),
                    numbers(location_ids),
                    texts(map(str, as_ofs)),
                    numbers(on_hands),
                )

    copy(
        tx,
        "stock_counted (source, recorded_at, span, skus, location_ids, as_ofs, on_hands)",
        told(),
    )
    return count


def count_row(source: str, each: Count, recorded_at: datetime) -> CountRow:
    return CountRow(
        sku=each.key.sku,
        location_id=str(each.key.location_id),
        as_of=each.as_of.isoformat(),
        on_hand=each.on_hand,
        source=source,
        recorded_at=recorded_at,
    )


def add_movements(tx: Tx, booked: Iterable[tuple[str, Movement, datetime]]) -> int:
    """Movements with their sources, and when each was booked."""
    return copy(
        tx,
        "stock_movement (source, id, sku, location_id, kind, quantity, occurred_at, "
        "recorded_at, sequence, reason)",
        (
            (
                source,
                each.id,
                each.key.sku,
                each.key.location_id,
                each.kind,
                rules.signed(each),
                each.occurred_at,
                recorded_at,
                each.sequence,
                each.reason,
            )
            for source, each, recorded_at in booked
        ),
    )


def add_reservations(tx: Tx, claims: Iterable[tuple[Reservation, str]]) -> int:
    """Reservations with their states."""
    return copy(
        tx,
        "reservation (id, order_id, line_id, sku, location_id, quantity, state, expires_at)",
        (
            (
                each.id,
                each.order_id,
                each.line_id,
                each.key.sku,
                each.key.location_id,
                each.quantity,
                state,
                each.expires_at,
            )
            for each, state in claims
        ),
    )


def add_aside(tx: Tx, aside: Mapping[tuple[Key, str], int]) -> int:
    return copy(
        tx,
        "stock_unavailable (sku, location_id, reason, quantity)",
        ((key.sku, key.location_id, reason, units) for (key, reason), units in aside.items()),
    )


def add_shortages(tx: Tx, short: Mapping[Key, int], at: datetime) -> int:
    return copy(
        tx,
        "shortage (sku, location_id, units, opened_at)",
        ((key.sku, key.location_id, units, at) for key, units in short.items()),
    )
