"""Work orders: what one location is to prepare of an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class FulfillmentState(StrEnum):
    PLANNED = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentLine:
    """Units of one order line, and the reservation that holds them."""

    line_id: UUID
    reservation_id: UUID
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfillment:
    """The work order to one location for some units of an order."""

    id: UUID
    order_id: UUID
    delivery: int
    location_id: UUID
    carrier_service_id: UUID | None
    service: str
    state: FulfillmentState
    planned_at: datetime
    lines: Sequence[FulfillmentLine]
