"""What comes in memory, for whoever shows what may be promised: swapped whole, item by item."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from ovunque.platform.database import Tx
from ovunque.stock.model.expecting import Awaited, Coming
from ovunque.stock.store import expecting as store

DAY = timedelta(days=1)
T = TypeVar("T")


@dataclass(slots=True)
class AheadView:
    """By item: most have nothing that comes, and take no place here."""

    coming: dict[str, tuple[Coming, ...]] = field(default_factory=dict)
    awaited: dict[str, tuple[Awaited, ...]] = field(default_factory=dict)

    def renew(self, tx: Tx, skus: Collection[str]) -> None:
        """Read some items again."""
        found = store.list_ahead(tx, skus)
        for sku in skus:
            _put(self.coming, sku, found.coming.get(sku, ()))
            _put(self.awaited, sku, found.awaited.get(sku, ()))

    def next_turn(self, now: datetime) -> datetime | None:
        """When what is late is believed no longer, or expected a day later; None: nothing comes."""
        if not self.coming:
            return None
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY


def _put(table: dict[str, tuple[T, ...]], sku: str, rows: tuple[T, ...]) -> None:
    if rows:
        table[sku] = rows
    else:
        table.pop(sku, None)


def load(tx: Tx) -> AheadView:
    """All that comes."""
    found = store.list_ahead(tx, None)
    return AheadView(coming=dict(found.coming), awaited=dict(found.awaited))
