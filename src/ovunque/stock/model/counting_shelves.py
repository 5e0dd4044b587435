"""A count of shelves: what was scanned, by whom, and what came of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ShelfCountKind(StrEnum):
    DIRECTED = "directed"  # Some items: what is not scanned of them is not there.
    FREE = "free"  # Whatever is scanned; of the rest nothing is said.


class ShelfCountOutcome(StrEnum):
    BOOKED = "booked"
    DROPPED = "dropped"


class ShelfCountState(StrEnum):
    OPEN = "open"
    BOOKED = "booked"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfScan:
    """A code that somebody scanned; it stays in the log whatever becomes of it."""

    id: UUID
    at: datetime
    by: str
    code: str
    sku: str | None  # None: nobody knows the code.
    quantity: int
    taken_back_at: datetime | None = None
    settled_by: str | None = None

    @property
    def counts(self) -> bool:
        return self.taken_back_at is None and self.sku is not None

    @property
    def is_unmatched(self) -> bool:
        """Whether somebody has to say what it is."""
        return self.taken_back_at is None and self.sku is None and self.settled_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfCountItem:
    """An item that was asked for, or what a booked count found of it."""

    sku: str
    counted: int | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfCount:
    id: UUID
    location_id: UUID
    kind: ShelfCountKind
    begun_at: datetime
    begun_by: str
    items: Sequence[ShelfCountItem] = ()
    scans: Sequence[ShelfScan] = ()  # The oldest first.
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: ShelfCountOutcome | None = None

    @property
    def counted(self) -> dict[str, int]:
        """Units by item: of a directed count nothing is something too."""
        asked = {each.sku: 0 for each in self.items} if self.outcome is None else {}
        found = Counter[str](asked)
        for scan in self.scans:
            if scan.counts and scan.sku is not None:
                found[scan.sku] += scan.quantity
        return dict(found)

    @property
    def unmatched(self) -> tuple[ShelfScan, ...]:
        return tuple(scan for scan in self.scans if scan.is_unmatched)

    def seen(self, sku: str) -> tuple[tuple[datetime, int], ...]:
        """When units of an item were scanned, and how many, in the order of time."""
        found = (each for each in self.scans if each.counts and each.sku == sku)
        return tuple(sorted((each.at, each.quantity) for each in found))
