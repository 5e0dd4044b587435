"""Which items' numbers may be others now, by what the journal tells."""

from collections.abc import Sequence

from ovunque.platform.journal import Entry
from ovunque.sourcing.snapshot import TURNING, Snapshot
from ovunque.stock.events import CHANGED


def changed_items(snapshot: Snapshot, entries: Sequence[Entry]) -> list[str]:
    """The items that facts name, with the bundles they are part of; each once."""
    if any(entry.kind in TURNING and entry.kind != "item.changed" for entry in entries):
        return list(snapshot.catalog.items)
    skus: dict[str, None] = {}
    for entry in entries:
        if entry.kind == CHANGED:
            skus |= dict.fromkeys(level[0] for level in entry.body["levels"])
        elif entry.kind == "item.changed":
            skus |= dict.fromkeys(entry.body["skus"])
    bundles_of = snapshot.catalog.bundles_of
    named = dict.fromkeys(each for sku in skus for each in (sku, *bundles_of.get(sku, ())))
    return [sku for sku in named if sku in snapshot.catalog.items]
