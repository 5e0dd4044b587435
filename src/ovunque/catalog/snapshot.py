"""The catalog in memory: what promising and planning need to know of items, swapped whole."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ovunque.catalog import store
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True)
class ItemView:
    """What an order line needs to know of its item; positional, since there are many."""

    sku: str
    product: str
    category: str | None
    condition: str
    weight_g: int
    price_cents: int | None
    components: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    items: Mapping[str, ItemView] = field(default_factory=dict)
    bundles_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # By component.

    def stocked(self, skus: Iterable[str]) -> list[str]:
        """The items that lie on shelves for these: bundles taken apart, each named once."""
        parts: dict[str, None] = {}
        for sku in skus:
            item = self.items.get(sku)
            for part, _ in (item and item.components) or ((sku, 1),):
                parts[part] = None
        return [*parts]


def load(tx: Tx) -> CatalogView:
    """Every item as it stands."""
    return view(read(tx, None))


def refresh(tx: Tx, before: CatalogView, skus: Collection[str]) -> CatalogView:
    """The view before with some items read again."""
    return view({**before.items, **read(tx, skus)})


def view(items: dict[str, ItemView]) -> CatalogView:
    bundles: dict[str, tuple[str, ...]] = {}
    for each in items.values():
        for component, _ in each.components:
            bundles[component] = (*bundles.get(component, ()), each.sku)
    return CatalogView(MappingProxyType(items), MappingProxyType(bundles))


def read(tx: Tx, skus: Collection[str] | None) -> dict[str, ItemView]:
    components = store.list_components(tx, skus)
    return {
        sku: ItemView(
            sku, product, category, condition, weight_g, price_cents, components.get(sku, ())
        )
        for sku, product, category, condition, weight_g, price_cents in store.list_sellable(
            tx, skus
        )
    }
