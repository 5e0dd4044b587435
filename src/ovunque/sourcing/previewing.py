"""What leaves sale, or comes back to it, before rules of protection are applied."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.rules.protection import Rule, rivals, rule_book
from ovunque.stock.withholding import KeptView, load_reserved, traits_of

ITEMS_MAX = 20_000  # Looked at; a rule for more items is previewed on the first of them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Units that a channel could sell of an item, and will be able to."""

    channel: str
    sku: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Every number that would change, the greatest losses first; and over all items by channel."""

    changes: tuple[Change, ...]
    totals: tuple[Change, ...]
    is_complete: bool
    rivals: tuple[tuple[str, bool], ...] = ()  # Rules that meet it, and whether they win there.


def preview(
    tx: Tx, snapshot: Snapshot, new: Sequence[Rule], removed: Collection[str], now: datetime
) -> Preview:
    """What these rules would change, in place of those that have their codes or are removed."""
    gone = {rule.code for rule in new} | set(removed)
    before = snapshot.kept
    old = [rule for rule in before.book.rules if rule.code in gone]
    kept = [rule for rule in before.book.rules if rule.code not in gone]
    after = replace(before, book=rule_book([*kept, *new]), fences={})
    if after.has_shares and not before.has_shares:
        after = replace(after, reserved=load_reserved(tx, snapshot.network))
    skus = [*_skus(snapshot, [*old, *new])]
    seen = skus[:ITEMS_MAX]
    changes = [each for sku in seen for each in _changes(snapshot, sku, (before, after), now)]
    totals = []
    for channel in sorted({each.channel for each in changes}):
        mine = [each for each in changes if each.channel == channel]
        totals.append(
            Change(
                channel=channel,
                sku="",
                before=sum(each.before for each in mine),
                after=sum(each.after for each in mine),
            )
        )
    changes.sort(key=lambda each: (each.after - each.before, each.channel, each.sku))
    return Preview(
        changes=tuple(changes),
        totals=tuple(totals),
        is_complete=len(seen) == len(skus),
        rivals=_rivals(snapshot, new, kept, seen),
    )


def _rivals(
    snapshot: Snapshot, new: Sequence[Rule], kept: Sequence[Rule], skus: Sequence[str]
) -> tuple[tuple[str, bool], ...]:
    """The standing rules that meet some of the new ones."""
    items = [traits_of(snapshot.catalog, sku) for sku in skus]
    places = [(each.id, frozenset(each.groups)) for each in snapshot.network.locations]
    met = (each for rule in new for each in rivals(rule, kept, items, places))
    return tuple(dict.fromkeys((other.code, wins) for other, wins in met))


def _skus(snapshot: Snapshot, rules: Iterable[Rule]) -> Iterator[str]:
    """The items that some of the rules speak of, bundles through their parts."""
    told = list(rules)
    book = rule_book(told)
    named = {rule.sku for rule in told if rule.sku}
    if all(rule.sku for rule in told):
        yield from sorted(sku for sku in named if sku in snapshot.catalog.items)
        return
    for sku in snapshot.catalog.items:
        if book.all_of_item(traits_of(snapshot.catalog, sku)):
            yield sku


def _changes(
    snapshot: Snapshot, sku: str, views: tuple[KeptView, KeptView], now: datetime
) -> Iterator[Change]:
    size = len(snapshot.network.locations)
    traits = traits_of(snapshot.catalog, sku)
    free, on_hand = snapshot.stock.free_at(sku, size), snapshot.stock.on_hand_at(sku, size)

    def units(view: KeptView, channel_id: UUID) -> np.ndarray:
        held = view.withheld(traits, channel_id, on_hand, now)
        return np.maximum(free if held is None else free - held, 0)

    for code, channel in snapshot.network.channels.items():
        if not channel.channel.lists(traits.category):
            continue
        before, after = (int(units(view, channel.channel.id)[channel.pool].sum()) for view in views)
        if before != after:
            yield Change(channel=code, sku=sku, before=before, after=after)
