"""Stock while the past is computed: the stock room's rules on levels in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.simulation.rows import StockRow
from ovunque.sourcing.model import Ints
from ovunque.stock import rules
from ovunque.stock.model import (
    Aside,
    Ask,
    Count,
    Key,
    Movement,
    Outcome,
    Reservation,
    StockLevel,
    Taken,
)
from ovunque.stock.restoring import LevelRow, Past

UNCOUNTED = -1  # No level at all.
COUNTED_VERSION = 2  # Of a level that was counted once, and not touched since.
SOURCE = "erp"  # Of the first count.


class Ledger:
    """Every level; those that nothing has happened to are a number in a table."""

    def __init__(
        self, locations: Sequence[UUID], skus: Sequence[str], counted_at: datetime
    ) -> None:
        self._locations = locations
        self._position = {id_: at for at, id_ in enumerate(locations)}
        self._item = {sku: row for row, sku in enumerate(skus)}
        self._opening = np.full((len(skus), len(locations)), UNCOUNTED, np.int32)
        self._free = np.zeros((len(skus), len(locations)), np.int32)
        self.counted_at = counted_at
        self._levels: dict[Key, StockLevel] = {}
        self._baselines: dict[Key, tuple[str, Count]] = {}
        self._standing: dict[UUID, Reservation] = {}
        self._ended: list[tuple[Reservation, str]] = []
        self._aside: Counter[tuple[Key, str]] = Counter()
        self._moved: list[tuple[str, Movement, datetime]] = []
        self._moved_at: dict[Key, list[Movement]] = defaultdict(list)
        self._counts: list[tuple[str, Count, datetime]] = []

    def open(self, rows: Iterable[StockRow], position_of: Mapping[str, int]) -> None:
        """Count every level for the first time; the last row of a level counts."""
        for row in rows:
            cell = self._item[row.sku], position_of[row.location]
            self._opening[cell] = self._free[cell] = row.on_hand

    def free_of(self, sku: str) -> Ints:
        """An item's free units at every position: what planning looks at."""
        row: Ints = self._free[self._item[sku]].astype(np.int64)
        return row

    def free_at(self, key: Key) -> int:
        return self._free.item(self._cell(key))

    def carried_at(self, location_id: UUID) -> NDArray[np.int64]:
        """The rows of items that a location had on its shelves at first."""
        return np.flatnonzero(self._opening[:, self._position[location_id]] > 0)

    def opening(self, key: Key) -> int:
        return self._opening.item(self._cell(key))

    def touched(self) -> tuple[StockLevel, ...]:
        """Levels that something has happened to."""
        return tuple(self._levels.values())

    def set_aside_of(self, key: Key, reason: str) -> int:
        return self._aside[key, reason]

    def level(self, key: Key) -> StockLevel:
        known = self._levels.get(key)
        if known is not None:
            return known
        opening = self.opening(key)
        assert opening != UNCOUNTED, f"nothing was ever counted of {key}"
        return StockLevel(
            key=key, on_hand=opening, unavailable=0, reserved=0, version=COUNTED_VERSION
        )

    def claim(self, asks: Sequence[Ask]) -> tuple[tuple[Outcome, ...], tuple[StockLevel, ...]]:
        """As `stock.claiming.claim`: one outcome for each ask, and the levels that changed."""
        keys = {each.key for ask in asks for plan in (ask.gives, *ask.plans) for each in plan}
        gives = {each.id for ask in asks for each in ask.gives}
        levels = [self.level(key) for key in keys]
        outcomes = rules.decide(levels, gives & self._standing.keys(), asks)
        done = [outcome for outcome in outcomes if isinstance(outcome, Taken)]
        for id_, ending in rules.endings(asks, outcomes).items():
            self._ended.append((self._standing.pop(id_), ending))
        self._standing |= {each.id: each for outcome in done for each in outcome.plan}
        return outcomes, tuple(
            self._put(self.level(key), reserved=units) for key, units in rules.changes(done).items()
        )

    def set_aside(self, asides: Sequence[Aside]) -> tuple[StockLevel, ...]:
        """As `stock.setting_aside.set_aside`."""
        changed: dict[Key, StockLevel] = {}
        for aside in asides:
            level = self.level(aside.key)
            units = rules.units_aside(aside, level.free)
            self._aside[aside.key, aside.reason] += units
            changed[aside.key] = self._put(level, unavailable=units)
        return tuple(changed.values())

    def book(
        self, source: str, movements: Sequence[Movement], now: datetime
    ) -> tuple[StockLevel, ...]:
        """As `stock.moving.book`, what was set aside and is accounted for now included."""
        changed: dict[Key, StockLevel] = {}
        for movement in movements:
            key = movement.key
            self._moved.append((source, movement, now))
            self._moved_at[key].append(movement)
            level = self.level(key)
            if movement.occurred_at > self._baseline_at(key):
                changed[key] = self._put(level, on_hand=rules.signed(movement))
        for (key, reason), units in rules.healed(movements, self._aside)[0].items():
            self._aside[key, reason] += units  # Fewer: what is healed comes with its sign.
            changed[key] = self._put(self.level(key), unavailable=units)
        return tuple(changed.values())

    def count(self, source: str, count: Count, now: datetime) -> StockLevel:
        """As `stock.counting.count`: the baseline, and what moved since then."""
        assert count.as_of > self._baseline_at(count.key)
        since = [m for m in self._moved_at[count.key] if m.occurred_at > count.as_of]
        on_hand = count.on_hand + sum(map(rules.signed, since))
        self._baselines[count.key] = source, count
        self._counts.append((source, count, now))
        level = self.level(count.key)
        return self._put(level, on_hand=on_hand - level.on_hand)

    def _baseline_at(self, key: Key) -> datetime:
        known = self._baselines.get(key)
        return known[1].as_of if known else self.counted_at

    def _put(
        self, level: StockLevel, on_hand: int = 0, unavailable: int = 0, reserved: int = 0
    ) -> StockLevel:
        after = replace(
            level,
            on_hand=level.on_hand + on_hand,
            unavailable=level.unavailable + unavailable,
            reserved=level.reserved + reserved,
            version=level.version + 1,
        )
        self._levels[after.key] = after
        self._free[self._cell(after.key)] = after.free
        return after

    def _cell(self, key: Key) -> tuple[int, int]:
        return self._item[key.sku], self._position[key.location_id]

    def opening_levels(self, chunk: int) -> Iterator[tuple[StockLevel, ...]]:
        """Every level as it was first counted, so many at a time."""
        rows: list[StockLevel] = []
        for row in self._opened():
            key = Key(row.sku, UUID(row.location_id))
            rows.append(
                StockLevel(
                    key=key,
                    on_hand=row.baseline,
                    unavailable=0,
                    reserved=0,
                    version=COUNTED_VERSION,
                )
            )
            if len(rows) == chunk:
                yield tuple(rows)
                rows = []
        if rows:
            yield tuple(rows)

    def _opened(self) -> Iterator[LevelRow]:
        ids = [str(id_) for id_ in self._locations]
        as_of = self.counted_at.isoformat()
        for sku, row in sorted(self._item.items()):
            units = self._opening[row]
            for at in np.flatnonzero(units != UNCOUNTED).tolist():
                on_hand = units.item(at)
                yield LevelRow(sku, ids[at], on_hand, 0, 0, on_hand, as_of, SOURCE, COUNTED_VERSION)

    def rows(self, opening: bool = False) -> Iterator[LevelRow]:
        """Every level as it stands, or as it was first counted."""
        by_name = {(key.sku, str(key.location_id)): key for key in self._levels}
        for row in self._opened():
            key = None if opening else by_name.get((row.sku, row.location_id))
            yield row if key is None else self._standing_row(row, key)

    def _standing_row(self, row: LevelRow, key: Key) -> LevelRow:
        level = self._levels[key]
        row = row._replace(
            on_hand=level.on_hand,
            unavailable=level.unavailable,
            reserved=level.reserved,
            version=level.version,
        )
        if key not in self._baselines:
            return row
        source, count = self._baselines[key]
        return row._replace(
            baseline=count.on_hand,
            baseline_as_of=count.as_of.isoformat(),
            baseline_source=source,
        )

    def past(self) -> Past:
        """What happened to stock, and what stands of it."""
        return Past(
            counts=self._counts,
            movements=self._moved,
            reservations=[*self._ended, *((each, "allocated") for each in self._standing.values())],
            aside={name: units for name, units in self._aside.items() if units},
            short={level.key: -level.free for level in self._levels.values() if level.free < 0},
        )
