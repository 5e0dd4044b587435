"""Read the catalog as it stands: one item by its sku, or a page of many in the order of skus."""

from dataclasses import replace

from ovunque.catalog import store
from ovunque.catalog.model import Item, ItemFilter
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code, search_key
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000


def find_item(tx: Tx, sku: str) -> Item:
    found = store.list_items_of(tx, [sku]).get(sku) if is_code(sku) else None
    if found is None:
        raise Refusal("not_found", what=f"item {sku[:64]}")
    return found


def list_items(
    tx: Tx, after: str = "", limit: int = 100, filters: ItemFilter | None = None
) -> tuple[Item, ...]:
    """The items behind a sku, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    asked = filters or ItemFilter()
    folded = replace(asked, q=search_key(asked.q) if asked.q else None)
    return store.list_items(tx, after, limit, folded)
