"""Whom a store does not serve: the customer is asked what shall happen instead."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Instead(StrEnum):
    """What becomes of goods that their store does not hand over."""

    TRANSFER = "transfer"  # They come to the same store from elsewhere.
    DELIVERY = "delivery"  # They go to the customer's door.
    CANCELED = "canceled"  # The order was: nobody waits for an answer any more.


class Consent(StrEnum):
    """How the customer's word was heard."""

    MESSAGE = "message"  # They answered what they were sent.
    PHONE = "phone"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupQuestion:
    """Asked once for a delivery; until it is answered nobody prepares what would replace it."""

    order_id: UUID
    delivery: int
    location_id: UUID  # That does not serve it, and where the customer wanted to fetch it.
    asked_at: datetime
    answer: Instead | None = None
    consent: Consent | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
