"""Which items' numbers may be others now, by what the journal tells."""

from collections.abc import Sequence

from ovunque.platform.journal import Entry
from ovunque.sourcing.snapshot import TURNING, Snapshot
from ovunque.stock.events import CHANGED, PROTECTION_TURNED
from ovunque.stock.withholding import traits_of

NAMING = {"item.changed", PROTECTION_TURNED}  # These say which items they are about.


def changed_items(snapshot: Snapshot, entries: Sequence[Entry]) -> list[str]:
    """The items that facts name, with the bundles they are part of; each once."""
    if any(entry.kind in TURNING - NAMING for entry in entries):
        return list(snapshot.catalog.items)
    skus: dict[str, None] = {}
    for entry in entries:
        if entry.kind == PROTECTION_TURNED:
            skus |= turned_items(snapshot, entry.body["codes"])
        elif entry.kind == CHANGED:
            skus |= dict.fromkeys(level[0] for level in entry.body["levels"])
        elif entry.kind == "item.changed":
            skus |= dict.fromkeys(entry.body["skus"])
    bundles_of = snapshot.catalog.bundles_of
    named = dict.fromkeys(each for sku in skus for each in (sku, *bundles_of.get(sku, ())))
    return [sku for sku in named if sku in snapshot.catalog.items]


def turned_items(snapshot: Snapshot, codes: Sequence[str]) -> dict[str, None]:
    """The items of which rules speak that began or ended; a rule that is gone was told of."""
    named = set(codes)
    names = {rule.item_name for rule in snapshot.kept.book.rules if rule.code in named}
    if not names or None in names:
        return dict.fromkeys(snapshot.catalog.items if names else ())
    return {
        sku: None
        for sku in snapshot.catalog.items
        if names & {*traits_of(snapshot.catalog, sku).names}
    }
