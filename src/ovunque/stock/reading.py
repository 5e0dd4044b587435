"""Levels as they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock import store
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.store import holding as hold_store


def list_levels_of(tx: Tx, skus: Sequence[str]) -> tuple[StockLevel, ...]:
    """Every level of some items, unlocked: what is committed, and what this transaction wrote."""
    return store.list_levels_of(tx, skus)


def list_shortages(tx: Tx, limit: int) -> dict[Key, int]:
    """Levels below what is reserved of them, and by how many units, the oldest first."""
    return store.list_shortages(tx, limit)


def count_overdue(tx: Tx, skus: Sequence[str], now: datetime) -> Mapping[Key, int]:
    """Units of some items that holds keep whose time is over: whoever claims may have them."""
    return hold_store.count_overdue(tx, skus, now)


def list_levels(
    tx: Tx, *, sku: str | None, location_id: UUID | None, after: Key | None, limit: int
) -> tuple[StockLevel, ...]:
    """Levels in key order, of one item, of one location, or all."""
    return store.list_levels(tx, sku=sku, location_id=location_id, after=after, limit=limit)
