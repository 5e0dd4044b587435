"""What units are worth to their stores: learned from what tills sell, and kept in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.access.model import SYSTEM, Actor
from ovunque.catalog import snapshot as catalog_part
from ovunque.catalog.listing import find_items
from ovunque.catalog.snapshot import CatalogView
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.stock import events
from ovunque.stock.model import Key
from ovunque.stock.model.valuing import Comes, Seen, WalkIns, Worth
from ovunque.stock.rules import worth as rules
from ovunque.stock.store import valuing as store

LEARNED_FROM = timedelta(days=180)
ITEMS_AT_ONCE = 500
VALUED_AT = 2  # O'clock, UTC.
REMEMBERED_MAX = 512  # Items whose tables are kept.

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known of the whole house before any item is looked at."""

    walk_ins: WalkIns
    usual_days: Mapping[UUID, int]  # Between arrivals, by location.
    catalog: CatalogView


def survey(tx: Tx, catalog: CatalogView, now: datetime) -> Ground:
    """What tills sell all together, and how often something comes to whom."""
    since = now - LEARNED_FROM
    arrivals = store.count_arrival_days(tx, since, now)
    return Ground(
        walk_ins=store.count_walk_ins(tx, since, now, rules.HALF_LIFE_DAYS),
        usual_days={
            at: min(max(round(LEARNED_FROM.days / days), 1), rules.DAYS_MAX)
            for at, days in arrivals.items()
            if days > 1
        },
        catalog=catalog,
    )


def is_known(tx: Tx) -> bool:
    """Whether anything was ever learned."""
    return next(iter(store.list_worth(tx, None, 1)), None) is not None


def value_nightly(database: Database, _: object, now: datetime) -> None:
    """Once a day, or when nothing is known yet; asked every hour."""
    if now.hour == VALUED_AT or not database.read(is_known):
        value_all(database, SYSTEM, now)


def value_all(database: Database, by: Actor, now: datetime) -> int:
    """Learn what all items are worth where, some at a time; returns of how many that changed."""
    ground = database.read(lambda tx: survey(tx, catalog_part.load(tx), now))
    skus = sorted(ground.catalog.items)
    changed = 0
    for start in range(0, len(skus), ITEMS_AT_ONCE):
        some = skus[start : start + ITEMS_AT_ONCE]
        changed += database.transact(partial(value, by=by, request=(ground, some), now=now))
    return changed


def value(tx: Tx, by: Actor, request: tuple[Ground, Sequence[str]], now: datetime) -> int:
    """Learn what some items are worth where; returns of how many that has changed."""
    ground, skus = request
    seen = store.list_seen(tx, skus, now - LEARNED_FROM, now, rules.HALF_LIFE_DAYS)
    coming = store.list_next_arrivals(tx, skus, now.date())
    changed = store.save_worth(tx, skus, _worth_of(tx, ground, skus, (seen, coming), now), now)
    if changed:
        journal.record(tx, [events.worth_learned(changed)], by=by.name, at=now)
    return len(changed)


def _worth_of(
    tx: Tx,
    ground: Ground,
    skus: Sequence[str],
    told: tuple[Sequence[Seen], Mapping[Key, date]],
    now: datetime,
) -> Iterable[Worth]:
    """Of each level in a place that sells to people who walk in."""
    seen, coming = told
    items = find_items(tx, skus)
    share = _shares(ground, skus, seen)
    for each in seen:
        item = items.get(each.key.sku)
        sells = ground.walk_ins.by_location.get(each.key.location_id, 0.0) / ground.walk_ins.days
        if item is None or item.price_cents is None or not sells:
            continue
        days, comes = _until(each.key, ground, coming, now)
        a_day = rules.rate(each.sold, each.days, sells * share.get(each.key.sku, 0.0))
        yield Worth(
            key=each.key,
            price_cents=item.price_cents,
            margin_cents=rules.margin(item.price_cents, item.cost_cents),
            rate_e6=round(max(a_day, 0.0) * rules.E6),
            days=days,
            comes=comes,
        )


def _shares(ground: Ground, skus: Sequence[str], seen: Sequence[Seen]) -> dict[str, float]:
    """Of all that tills sell the part of each item; new ones sell like what is like them."""
    sold, total = ground.walk_ins.by_sku, ground.walk_ins.total
    if not total:
        return {}
    had = {each.key.sku: 0.0 for each in seen}
    for each in seen:
        had[each.key.sku] = max(had[each.key.sku], each.days)
    known = ground.catalog.items
    new = [
        sku
        for sku in skus
        if sku in known and not sold.get(sku) and had.get(sku, 0.0) < rules.PRIOR_DAYS
    ]
    kinds = {sku: (item.product, item.category) for sku, item in known.items()} if new else {}
    return {sku: sold.get(sku, 0.0) / total for sku in skus} | rules.shares(kinds, sold, new)


def _until(
    key: Key, ground: Ground, coming: Mapping[Key, date], now: datetime
) -> tuple[int, Comes]:
    """Days until more comes, and how we know."""
    if key in coming:
        days = (coming[key] - now.date()).days
        return min(max(days, 1), rules.DAYS_MAX), Comes.ANNOUNCED
    if key.location_id in ground.usual_days:
        return ground.usual_days[key.location_id], Comes.USUAL
    return rules.USUAL_DAYS, Comes.ASSUMED


@dataclass(frozen=True, slots=True)
class Told:
    """What one item is worth, by position."""

    position: Ints
    price_cents: Ints
    margin_cents: Ints
    a_day: NDArray[np.float64]
    days: Ints


@dataclass(slots=True)
class WorthView:
    """What units are worth where, in memory; nothing is known of most."""

    positions: Mapping[UUID, int] = field(default_factory=dict)
    items: dict[str, tuple[Worth, ...]] = field(default_factory=dict)
    _held: dict[tuple[str, int, int], Ints] = field(default_factory=dict)

    def renew(self, tx: Tx, skus: Collection[str] | None) -> None:
        """Read some items again, or all."""
        for sku in self.items.keys() if skus is None else skus:
            self.items[sku] = ()
        for each in store.list_worth(tx, skus):
            self.items[each.key.sku] = (*self.items.get(each.key.sku, ()), each)
        self._held = {}

    def on_network(self, positions: Mapping[UUID, int]) -> "WorthView":
        """The same where locations have other positions."""
        return WorthView(positions, self.items)

    def held(self, sku: str, last_units: int, overstock: int) -> Ints | None:
        """[units + 1, positions]: what all free units of an item are worth; None: nothing is known.

        So many percent of the margin that people who walk in would have brought, minus so many
        percent of the price of what nobody would have bought.
        """
        if not self.items.get(sku):
            return None
        key = sku, last_units, overstock
        known = self._held.get(key)
        if known is None:
            known = _table(self._told(sku), len(self.positions), last_units, overstock)
            if len(self._held) >= REMEMBERED_MAX:
                self._held.clear()
            self._held[key] = known
        return known

    def _told(self, sku: str) -> Told:
        rows = [each for each in self.items[sku] if each.key.location_id in self.positions]
        return Told(
            position=np.array([self.positions[each.key.location_id] for each in rows], np.int64),
            price_cents=np.array([each.price_cents for each in rows], np.int64),
            margin_cents=np.array([each.margin_cents for each in rows], np.int64),
            a_day=np.array([each.rate_e6 for each in rows]) / rules.E6,
            days=np.array([each.days for each in rows], np.int64),
        )


def _table(told: Told, size: int, last_units: int, overstock: int) -> Ints:
    mean = told.a_day * told.days
    prices = rules.tail_prices(told.margin_cents * last_units, mean, rules.UNITS_MAX)
    if overstock:
        slow = told.a_day * rules.OVERSTOCK_DAYS
        prices = prices - rules.overstock_credits(
            told.price_cents * overstock, slow, rules.UNITS_MAX
        )
    table = np.zeros((rules.UNITS_MAX + 1, size), np.int64)
    table[:, told.position] = rules.held(np.rint(prices / 100).astype(np.int64))
    return table


def load(tx: Tx, positions: Mapping[UUID, int]) -> WorthView:
    """All that is known."""
    view = WorthView(positions)
    rows: dict[str, list[Worth]] = {}
    for each in store.list_worth(tx, None):
        rows.setdefault(each.key.sku, []).append(each)
    view.items = {sku: tuple(each) for sku, each in rows.items()}
    return view


def unit_prices(each: Worth, units_max: int) -> list[int]:
    """What the 1st, 2nd, ... unit held is worth to its place; beyond some all are like the last."""
    mean = np.array([each.rate_e6 * each.days / rules.E6])
    count = min(units_max, rules.UNITS_MAX)
    prices: list[int] = rules.tail_prices(np.array([each.margin_cents]), mean, count)[:, 0].tolist()
    return prices


def list_worth_of(tx: Tx, skus: Collection[str]) -> tuple[Worth, ...]:
    """What is known of some items."""
    return tuple(store.list_worth(tx, skus))
