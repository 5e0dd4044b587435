"""What became of an item's stock, entry by entry."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.stock.model import MovementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A count or a movement, as it was told."""

    at: datetime
    location_id: UUID
    kind: MovementKind | None  # None: it was counted.
    units: int  # That were there when it was counted; else that came or, below zero, went.
    source: str
    recorded_at: datetime
    reason: str | None = None
