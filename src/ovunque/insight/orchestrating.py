"""What an order manager watches: what waits, who is asked, who says no, and what needs a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.insight import store
from ovunque.insight.watching import Figure, watch
from ovunque.platform.database import Tx

QUEUES = ("work_to_offer", "offers_open", "work_to_source", "lines_unserved", "incoming_open")
REFUSED_IN = timedelta(hours=24)
ROWS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How often a location did not take what it was offered, for a reason; none: no answer."""

    location_id: UUID
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Offers that a location has not answered yet."""

    location_id: UUID
    count: int
    next_deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassigned:
    """An order with units that no location takes by the rules: a person looks at it."""

    order_id: UUID
    number: str
    placed_at: datetime
    units: int
    sku: str
    asked: int  # Locations that did not take it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    queues: tuple[Figure, ...]
    refused: tuple[Refused, ...]
    in_flight: tuple[InFlight, ...]
    unassigned: tuple[Unassigned, ...]


def look_over(tx: Tx, now: datetime) -> Board:
    """All of it as of now; of long lists what is most pressing."""
    figures = {each.name: each for each in watch(tx, now)}
    return Board(
        queues=tuple(figures[name] for name in QUEUES if name in figures),
        refused=tuple(
            Refused(location_id=at, reason=reason, count=count)
            for at, reason, count in store.list_refused(tx, now - REFUSED_IN, ROWS_MAX)
        ),
        in_flight=tuple(
            InFlight(location_id=at, count=count, next_deadline=deadline)
            for at, count, deadline in store.list_in_flight(tx, ROWS_MAX)
        ),
        unassigned=tuple(
            Unassigned(order_id=id_, number=number, placed_at=at, units=units, sku=sku, asked=asked)
            for id_, number, at, units, sku, asked in store.list_unassigned(tx, ROWS_MAX)
        ),
    )
