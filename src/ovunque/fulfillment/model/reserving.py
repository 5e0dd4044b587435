"""Goods that a store sets aside for somebody who comes, tries them on, and buys some or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ovunque.customers.model import Collector
from ovunque.stock.model import Key, Plan, Reservation


class StoreReservationState(StrEnum):
    REQUESTED = "requested"
    DECLINED = "declined"  # The store says no, or nothing in time.
    SET_ASIDE = "set_aside"
    VISITED = "visited"
    BOUGHT = "bought"
    PARTLY_BOUGHT = "partly_bought"
    NOT_BOUGHT = "not_bought"
    EXPIRED = "expired"  # Nobody came.
    CANCELED = "canceled"

    @property
    def is_open(self) -> bool:
        return self in (StoreReservationState.REQUESTED, StoreReservationState.SET_ASIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedLine:
    """Units of one item, in the end fewer of them, under one reservation of stock."""

    sku: str
    quantity: int
    reservation_id: UUID  # Of what is kept of it.
    found: int | None = None  # None: nobody has looked yet.
    bought: int | None = None  # None: nobody has come yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReservation:
    """What a store keeps for a visit; the units are taken when it is asked for."""

    id: UUID
    channel_id: UUID
    location_id: UUID
    customer_id: UUID
    state: StoreReservationState
    code: str  # The customer says it; who has it finds the goods, and owns nothing yet.
    requested_at: datetime
    answer_by: datetime
    changed_at: datetime
    lines: Sequence[ReservedLine]
    comes_at: datetime | None = None  # As the customer said.
    note: str | None = None
    collector: Collector | None = None  # None: the customer comes.
    shelf: str | None = None
    stands_until: datetime | None = None  # From the moment it is set aside.
    reminded_at: datetime | None = None
    reason: str | None = None  # Of a no.

    @property
    def reservations(self) -> Plan:
        """What it holds: all that was asked for, then what was found of it."""
        return tuple(
            Reservation(
                id=line.reservation_id,
                line_id=self.id,
                key=Key(line.sku, self.location_id),
                quantity=line.quantity if line.found is None else line.found,
            )
            for line in self.lines
            if line.found != 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a visit came to: lines with what was bought of each, and how that is called."""

    lines: tuple[ReservedLine, ...]
    state: StoreReservationState
