"""The catalog in memory: what promising and planning need to know of items, swapped whole."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ovunque.catalog import store
from ovunque.catalog.model import Condition
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
    color: str | None = None
    size: str | None = None


Variant = tuple[str, str | None, str | None]  # Product, color, size.


def variant_of(item: ItemView) -> Variant:
    return item.product, item.color, item.size


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    items: Mapping[str, ItemView] = field(default_factory=dict)
    bundles_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # By component.
    # The same thing in other conditions, the new one first: of what comes in several at all.
    conditions: Mapping[Variant, tuple[str, ...]] = field(default_factory=dict)

    def siblings(self, sku: str) -> tuple[str, ...]:
        """The same thing in other conditions, the new one first."""
        item = self.items.get(sku)
        alike = self.conditions.get(variant_of(item), ()) if item else ()
        return tuple(each for each in alike if each != sku)

    def like(self, sku: str) -> str | None:
        """The new item that a used one is like."""
        siblings = self.siblings(sku)
        found = siblings[0] if siblings else None
        return found if found and self.items[found].condition == Condition.NEW else None

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
    used = {variant_of(each) for each in items.values() if each.condition != Condition.NEW}
    alike: dict[Variant, list[str]] = {}
    for each in items.values() if used else ():
        if variant_of(each) in used and not each.components:
            alike.setdefault(variant_of(each), []).append(each.sku)

    def rank(sku: str) -> tuple[bool, str]:
        return items[sku].condition != Condition.NEW, sku

    conditions = {variant: tuple(sorted(skus, key=rank)) for variant, skus in alike.items()}
    return CatalogView(
        MappingProxyType(items), MappingProxyType(bundles), MappingProxyType(conditions)
    )


def read(tx: Tx, skus: Collection[str] | None) -> dict[str, ItemView]:
    components, rows = store.list_components(tx, skus), store.list_sellable(tx, skus)
    views = {}
    for sku, product, category, condition, weight_g, price_cents, color, size in rows:
        held = components.get(sku, ())
        views[sku] = ItemView(
            sku, product, category, condition, weight_g, price_cents, held, color, size
        )
    return views
