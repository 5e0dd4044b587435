"""What units are worth to the place where they lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ovunque.stock.model import Key


class Comes(StrEnum):
    """How we know when more comes."""

    ANNOUNCED = "announced"
    USUAL = "usual"  # As often as something came there lately.
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a place sells of an item by itself, and what it earns by it."""

    key: Key
    price_cents: int
    margin_cents: int
    rate_e6: int  # Millionths of a unit that people who walk in buy a day.
    days: int  # Until more comes.
    comes: Comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the movements of a level tell; what is long ago counts less."""

    key: Key
    sold: float  # Units that left by the till.
    days: float  # On which there was something to sell.


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkIns:
    """Units that tills have sold, all together; what is long ago counts less."""

    by_sku: Mapping[str, float]
    by_location: Mapping[UUID, float]
    days: float  # That the whole time counts.

    @property
    def total(self) -> float:
        return sum(self.by_sku.values())
