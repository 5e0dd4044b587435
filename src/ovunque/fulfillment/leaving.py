"""Units leave the house: their reservations are consumed and on-hand falls, in one write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ovunque.fulfillment.model import Fulfillment, FulfillmentLine
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ending, Key, Move, Movement, MovementKind, Plan, StockLevel, Taken
from ovunque.stock.moving import book

SOURCE = "ovunque"  # Of the movements that we make ourselves.


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Some lines of a fulfillment on their way out."""

    work: Fulfillment
    lines: Sequence[FulfillmentLine]


def leave(tx: Tx, leaving: Sequence[Leaving], kind: MovementKind, now: datetime) -> list[Fact]:
    """Book the units out; the fact that tells it. Each line leaves once, by its reservation."""
    asks = [Move(gives=_reservations(each), becomes=Ending.CONSUMED) for each in leaving]
    claimed = claim(tx, asks, now)
    taken = all(isinstance(outcome, Taken) for outcome in claimed.outcomes)
    assert taken, "what leaves has been reserved until now"
    movements = [
        Movement(
            id=str(line.reservation_id),
            key=Key(line.sku, each.work.location_id),
            kind=kind,
            quantity=line.quantity,
            occurred_at=now,
        )
        for each in leaving
        for line in each.lines
    ]
    booked = book(tx, SOURCE, movements, now)
    assert len(booked.ids) == len(movements), "nothing leaves twice"
    newest: Mapping[Key, StockLevel] = {
        level.key: level for level in (*claimed.levels, *booked.levels)
    }
    return [stock_events.changed(list(newest.values()))] if newest else []


def _reservations(leaving: Leaving) -> Plan:
    ids = {line.reservation_id for line in leaving.lines}
    return tuple(each for each in leaving.work.reservations if each.id in ids)
