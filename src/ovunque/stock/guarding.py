"""Which rules guard some levels, read in the transaction that decides about their units."""

from collections.abc import Collection, Sequence
from datetime import datetime

from ovunque.catalog.listing import list_traits
from ovunque.network.listing import groups_of
from ovunque.platform.database import Later, Tx
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.rules.protection import (
    UNGUARDED,
    Guard,
    Guarding,
    Rule,
    RuleBook,
    Traits,
    guard_of,
    rule_book,
)
from ovunque.stock.store import protecting as store

NOWHERE: frozenset[str] = frozenset()


def guard(tx: Tx, levels: Sequence[StockLevel], now: datetime) -> Guarding:
    """What is protected at these levels; what their channels have reserved is read now too."""
    skus = {level.key.sku for level in levels}
    return guarding_of(tx, ask_rules(tx, skus, now)(), levels, now) if skus else UNGUARDED


def ask_rules(tx: Tx, skus: Collection[str], now: datetime) -> Later[tuple[Rule, ...]]:
    """The rules that may guard some items, without waiting for them."""
    return store.list_rules_of(tx, skus, now)


def guarding_of(
    tx: Tx, rules: Sequence[Rule], levels: Sequence[StockLevel], now: datetime
) -> Guarding:
    """The same as `guard`, by rules that were read before."""
    if not rules:
        return UNGUARDED
    guards = guards_of(tx, rule_book(rules), [level.key for level in levels], now)
    shared = [key for key, found in guards.items() if found.shares]
    reserved_by = store.list_reserved_by(tx, shared) if shared else {}
    return Guarding(guards, levels, reserved_by)


def guards_of(tx: Tx, book: RuleBook, keys: Sequence[Key], now: datetime) -> dict[Key, Guard]:
    """The guard of each level, by what its item and its location are like today."""
    traits = list_traits(tx, {key.sku for key in keys}) if book.asks_traits else {}
    groups = groups_of(tx, {key.location_id for key in keys}) if book.asks_groups else {}
    guards = {}
    for key in keys:
        product, category = traits.get(key.sku, (None, None))
        rules = book.of_item(Traits(sku=key.sku, product=product, category=category), now)
        guards[key] = guard_of(rules, key.location_id, groups.get(key.location_id, NOWHERE))
    return guards
