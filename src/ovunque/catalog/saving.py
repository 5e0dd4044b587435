"""Create or replace items by their skus, a batch at a time: all of it or nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.catalog import events, rules, store
from ovunque.catalog.model import Item, ItemRequest
from ovunque.catalog.rules import Surroundings
from ovunque.kernel.rows import (
    ROWS_MAX,
    Saved,
    codes_of,
    differs,
    faults_of_one,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.kernel.text import is_gtin
from ovunque.platform import journal
from ovunque.platform.database import Tx


def save_items(
    tx: Tx,
    by: Actor,
    requests: Sequence[ItemRequest],
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Saved:
    """A row that is as it stands writes nothing and tells no fact.

    `expected_version` is what the caller has seen of every row: it is meant for batches of one.
    """
    assert len(requests) <= ROWS_MAX
    # Components are locked too: what is put into a bundle now must not become one meanwhile.
    standing = store.lock_items(tx, named_skus(requests))
    refuse_items(tx, requests, standing)
    before = {each.sku: standing[each.sku] for each in requests if each.sku in standing}
    refuse_conflict(before, expected_version)
    tidy = [rules.tidy(each) for each in requests]
    fresh = {each.sku: each for each in tidy if differs(before.get(each.sku), each)}
    if fresh:
        write(tx, requests, standing, fresh.values())
        journal.record(tx, [events.changed(list(fresh))], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_item(
    tx: Tx, by: Actor, request: ItemRequest, now: datetime, *, expected_version: int | None = None
) -> Item:
    with faults_of_one():
        save_items(tx, by, [request], now, expected_version=expected_version)
    return store.list_items_of(tx, [request.sku])[request.sku]


def named_skus(requests: Sequence[ItemRequest]) -> Collection[str]:
    own = (each.sku for each in requests)
    components = (sku for each in requests for sku, _ in each.components)
    return codes_of((*own, *components))


def refuse_items(tx: Tx, requests: Sequence[ItemRequest], standing: Mapping[str, Item]) -> None:
    """Refuse the batch with all its faults: what the rows show, and what they point to."""
    around = look_around(tx, requests, standing)
    twice = repeated("/sku", [each.sku for each in requests])
    refuse_faults(
        [
            (*rules.check_item(each), *rules.check_surroundings(each, around), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )


def look_around(
    tx: Tx, requests: Sequence[ItemRequest], standing: Mapping[str, Item]
) -> Surroundings:
    """What the rows may point to, as it would stand when the batch were stored."""
    batch = {each.sku for each in requests}
    bundles = {sku for sku, each in standing.items() if each.components and sku not in batch}
    holding = store.list_bundles_with(tx, codes_of(batch))
    parts = {component for bundle, component in holding if bundle not in batch}
    gtins = {rules.full_gtin(each) for row in requests for each in row.gtins if is_gtin(each)}
    return Surroundings(
        skus=standing.keys() | batch,
        bundles=bundles | {each.sku for each in requests if each.components},
        parts=parts | {sku for each in requests for sku, _ in each.components if sku != each.sku},
        owners=rules.first_owners(requests, store.list_owners(tx, gtins)),
    )


def write(
    tx: Tx,
    requests: Sequence[ItemRequest],
    standing: Mapping[str, Item],
    fresh: Collection[ItemRequest],
) -> None:
    store.save_items(tx, [(each, rules.search_text(each)) for each in fresh])
    store.save_components(tx, fresh)
    if not store.save_gtins(tx, fresh):
        # Somebody took a barcode after we had looked: look again, and name the rows.
        refuse_items(tx, requests, standing)
        raise AssertionError("a barcode that was not given is somebody's")
