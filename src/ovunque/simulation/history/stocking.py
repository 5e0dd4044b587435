"""Stock moves without orders: tills sell, deliveries come, what is not found is written off."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Location, LocationKind
from ovunque.simulation.history.habits import local
from ovunque.simulation.history.house import House
from ovunque.stock.model import Key, Movement, MovementKind, StockLevel, UnavailableReason

TILL, WAREHOUSE_SYSTEM = "till", "wms"
CLOSES = 20  # O'clock: the till tells what it has sold.
SOLD_A_DAY_MAX = 5
LOST = (UnavailableReason.MISSING, UnavailableReason.DAMAGED)


class Stocking:
    """The rounds of every day and every week."""

    def __init__(self, house: House, skus: Sequence[str], untouched: Collection[str]) -> None:
        self._house = house
        self._skus = skus
        self._untouched = untouched  # Nobody buys them from a shelf.
        self._number = count(1)

    def begin(self, days: int) -> None:
        """Have all rounds of so many days done in their time."""
        start = self._house.now
        stores = [
            each
            for each in self._house.snapshot.network.locations
            if each.kind in (LocationKind.STORE, LocationKind.RESELLER)
        ]
        carried = {place.id: self._house.ledger.carried_at(place.id) for place in stores}
        for day in range(days + 1):
            noon = local(start, 12) + timedelta(days=day)
            for place in stores:
                self._plan(local(noon, CLOSES), place, carried[place.id])
            if noon.isoweekday() == 1:
                self._house.chronicle.at(local(noon, 6), self.supply)

    def _plan(self, when: datetime, place: Location, carried: NDArray[np.int64]) -> None:
        self._house.chronicle.at(when, lambda: self.sell(place, carried))

    def sell(self, place: Location, carried: NDArray[np.int64]) -> None:
        """What a store's own customers have bought today."""
        house = self._house
        if not len(carried):
            return
        movements: list[Movement] = []
        for _ in range(house.rng.randint(1, SOLD_A_DAY_MAX)):
            sku = self._skus[carried.item(house.rng.randrange(len(carried)))]
            key = Key(sku, place.id)
            taken = sum(each.quantity for each in movements if each.key == key)
            if sku in self._untouched or house.ledger.free_at(key) <= taken:
                continue
            sold_at = house.now - timedelta(minutes=house.rng.randrange(5, 10 * 60))
            movements.append(self._move(place.code, MovementKind.SOLD_IN_STORE, key, 1, sold_at))
        if movements:
            house.chronicle.tell_stock(TILL, house.ledger.book(TILL, movements, house.now))

    def _move(self, lead: str, kind: MovementKind, key: Key, units: int, at: datetime) -> Movement:
        return Movement(
            id=f"{lead}-{next(self._number)}", key=key, kind=kind, quantity=units, occurred_at=at
        )

    def supply(self) -> None:
        """Every Monday what ran low comes again, and what nobody has found is given up."""
        by_place: dict[UUID, list[StockLevel]] = defaultdict(list)
        items = self._house.snapshot.catalog.items
        for level in self._house.ledger.touched():
            sku = level.key.sku
            if sku not in self._untouched and items[sku].condition == "new":
                by_place[level.key.location_id].append(level)
        for location_id, levels in by_place.items():
            self._supply_one(location_id, levels)

    def _supply_one(self, location_id: UUID, levels: Sequence[StockLevel]) -> None:
        house, now = self._house, self._house.now
        code = house.place(location_id).code
        movements: list[Movement] = []
        for level in levels:
            lost = sum(house.ledger.set_aside_of(level.key, reason) for reason in LOST)
            if lost:
                movements.append(self._move(code, MovementKind.WRITTEN_OFF, level.key, lost, now))
            usual = house.ledger.opening(level.key)
            if 2 * level.free < usual:
                units = usual - level.free
                movements.append(self._move(code, MovementKind.RECEIVED, level.key, units, now))
        if movements:
            changed = house.ledger.book(WAREHOUSE_SYSTEM, movements, now)
            house.chronicle.tell_stock(WAREHOUSE_SYSTEM, changed)
