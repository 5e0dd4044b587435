"""Protections in memory: how many units each channel must leave where they are.

An immutable value, swapped whole when a rule or the network changes; only what channels have
reserved of their shares is renewed level by level.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.catalog.snapshot import CatalogView
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.stock.model import Key, RuleKind
from ovunque.stock.rules.protection import EVERYTHING, Rule, RuleBook, Traits, guard_of, rule_book
from ovunque.stock.store import protecting as store

Units = NDArray[np.int64]
Reserved = dict[str, dict[int, dict[UUID | None, int]]]  # By sku and position of location.


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """What some rules protect at every position: units or a percentage, the greater counts."""

    units: Units
    percent: Units

    def of(self, on_hand: Units) -> Units:
        return np.maximum(self.units, -(-self.percent * np.maximum(on_hand, 0) // 100))


@dataclass(frozen=True, slots=True, eq=False)
class Fence:
    """What the same rules say at every position."""

    buffer: Measure
    shares: Mapping[frozenset[UUID], Measure]
    stops: Mapping[frozenset[UUID], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptView:
    """Rules, and who has reserved what of the shares."""

    book: RuleBook = field(default_factory=RuleBook)
    network: NetworkView = field(default_factory=NetworkView)
    reserved: Reserved = field(default_factory=dict)
    fences: dict[tuple[str, ...], Fence] = field(default_factory=dict)

    def withheld(
        self, traits: Traits, channel_id: UUID, on_hand: Units, now: datetime
    ) -> Units | None:
        """Units by position that a channel must leave; None: none anywhere."""
        rules = self.book.of_item(traits, now) if self.book.rules else ()
        if not rules:
            return None
        fence = self._fence(rules)
        kept = fence.buffer.of(on_hand)
        for channels, share in fence.shares.items():
            if channel_id not in channels:
                kept += np.maximum(share.of(on_hand) - self._taken(traits.sku, channels), 0)
        for channels, stopped in fence.stops.items():
            if not channels or channel_id in channels:
                kept[stopped] = EVERYTHING
        return kept

    def _fence(self, rules: tuple[Rule, ...]) -> Fence:
        """The rules at every position; many items have the same rules."""
        name = tuple(rule.code for rule in rules)
        found = self.fences.get(name)
        if found is None:
            found = self.fences[name] = _fence_of(rules, self.network)
        return found

    def _taken(self, sku: str, channels: Collection[UUID]) -> Units:
        taken = np.zeros(len(self.network.locations), np.int64)
        for position, told in self.reserved.get(sku, {}).items():
            taken[position] = sum(told.get(each, 0) for each in channels)
        return taken

    @property
    def has_shares(self) -> bool:
        return any(rule.kind == RuleKind.SHARE for rule in self.book.rules)

    def is_shared(self, traits: Traits) -> bool:
        """Whether some share speaks of an item, now or later."""
        return any(rule.kind == RuleKind.SHARE for rule in self.book.all_of_item(traits))

    def renew(self, tx: Tx, keys: Iterable[Key]) -> None:
        """Read again who has reserved what at some levels."""
        asked = list(keys)
        found = store.list_reserved_by(tx, asked)
        for key in asked:
            position = self.network.position_of.get(key.location_id)
            if position is not None:
                row = self.reserved.get(key.sku, {})
                # Swapped whole: readers never see half.
                self.reserved[key.sku] = row | {position: found.get(key, {})}


def _fence_of(rules: tuple[Rule, ...], network: NetworkView) -> Fence:
    size = len(network.locations)
    buffer = _nothing(size)
    shares: dict[frozenset[UUID], Measure] = {}
    stops: dict[frozenset[UUID], NDArray[np.bool_]] = {}
    for position, location in enumerate(network.locations):
        guard = guard_of(rules, location.id, frozenset(location.groups))
        if guard.buffer:
            buffer.units[position] = guard.buffer.units
            buffer.percent[position] = guard.buffer.percent
        for rule in guard.shares:
            share = shares.setdefault(rule.channel_ids, _nothing(size))
            share.units[position], share.percent[position] = rule.units, rule.percent
        for rule in guard.stops:
            stops.setdefault(rule.channel_ids, np.zeros(size, np.bool_))[position] = True
    return Fence(buffer, shares, stops)


def _nothing(size: int) -> Measure:
    return Measure(np.zeros(size, np.int64), np.zeros(size, np.int64))


def traits_of(catalog: CatalogView, sku: str) -> Traits:
    """What rules may name an item by; one that we do not know has its sku only."""
    item = catalog.items.get(sku)
    if item is None:
        return Traits(sku=sku)
    return Traits(sku=sku, product=item.product, category=item.category)


def load(tx: Tx, network: NetworkView) -> KeptView:
    """The rules as they stand, and who has reserved what if that matters."""
    view = KeptView(book=rule_book(store.list_rules(tx)), network=network)
    return replace(view, reserved=load_reserved(tx, network)) if view.has_shares else view


def load_reserved(tx: Tx, network: NetworkView) -> Reserved:
    """Who has reserved what, everywhere."""
    reserved: Reserved = {}
    for key, told in store.list_all_reserved_by(tx).items():
        position = network.position_of.get(key.location_id)
        if position is not None:
            reserved.setdefault(key.sku, {})[position] = told
    return reserved


def on_network(view: KeptView, network: NetworkView) -> KeptView:
    """The same rules on a network that has changed; positions stay."""
    return replace(view, network=network, fences={})
