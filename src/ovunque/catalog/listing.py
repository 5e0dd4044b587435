"""Read the catalog as it stands: one item by its sku, or a page of many in the order of skus."""

from collections.abc import Collection, Mapping

from ovunque.catalog import store
from ovunque.catalog.model import Item, ItemFilter
from ovunque.catalog.rules import full_gtin, sought
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code, is_gtin
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000


def find_item(tx: Tx, sku: str) -> Item:
    found = store.list_items_of(tx, [sku]).get(sku) if is_code(sku) else None
    if found is None:
        raise Refusal("not_found", what=f"item {sku[:64]}")
    return found


def find_items(tx: Tx, skus: Collection[str]) -> Mapping[str, Item]:
    """Some items by their skus; one that we do not know is left out."""
    return store.list_items_of(tx, skus) if skus else {}


def sku_of(tx: Tx, barcode: str) -> str:
    """The item that a barcode means; a sku printed as a barcode means itself."""
    owners = store.list_owners(tx, [full_gtin(barcode)]) if is_gtin(barcode) else {}
    found = next(iter(owners.values()), None)
    return found if found is not None else find_item(tx, barcode).sku


def list_items(
    tx: Tx, after: str = "", limit: int = 100, filters: ItemFilter | None = None
) -> tuple[Item, ...]:
    """The items behind a sku, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    asked = filters or ItemFilter()
    return store.list_items(tx, after, limit, asked, sought(asked.q or ""))


def list_components(tx: Tx, skus: Collection[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """What bundles among some items are made of."""
    return dict(store.list_components(tx, skus)) if skus else {}


def list_traits(tx: Tx, skus: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """The product and the category of some items."""
    return {
        sku: (product, category) for sku, product, category, *_ in store.list_sellable(tx, skus)
    }
