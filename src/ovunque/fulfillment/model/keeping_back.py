"""Orders that are kept back: nobody works on them until somebody has looked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class HoldReason(StrEnum):
    FRAUD = "fraud"
    PAYMENT = "payment"
    ADDRESS = "address"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHold:
    """Why an order is kept back, and whose task that is; of each reason one at a time."""

    order_id: UUID
    reason: HoldReason
    owner: str
    held_at: datetime
    held_by: str
