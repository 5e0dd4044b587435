"""Orders that are kept back: nobody works on them until somebody has looked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ovunque.kernel.freezing import frozen


class HoldReason(StrEnum):
    FRAUD = "fraud"
    PAYMENT = "payment"
    ADDRESS = "address"
    MANUAL = "manual"


class OnExpiry(StrEnum):
    """What becomes of an order whose hold ends by itself."""

    RELEASE = "release"
    CANCEL = "cancel"


@frozen
class HoldAsk:
    """Why an order shall be kept back, whose task that is, and when it ends by itself."""

    reason: HoldReason
    owner: str | None = None  # None: whoever asks for it.
    minutes: int | None = None
    expires_at: datetime | None = None
    on_expiry: OnExpiry | None = None  # None: it goes on.

    @property
    def is_timed(self) -> bool:
        return self.minutes is not None or self.expires_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHold:
    """Why an order is kept back, and whose task that is; of each reason one at a time."""

    order_id: UUID
    reason: HoldReason
    owner: str
    held_at: datetime
    held_by: str
    expires_at: datetime | None = None  # None: somebody has to release it.
    on_expiry: OnExpiry | None = None

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
