"""How large a demo retailer is: plain numbers, so that a new size is one more constant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Counts of what is generated; stores are the locations that are nothing else."""

    locations: int
    warehouses: int
    distributors: int
    resellers: int
    items: int
    used_items: int  # Among the items: single second-hand pieces.
    bundles: int  # Among the items too.
    customers: int
    orders: int  # In the ninety days behind us.
    carried_percent: int  # Of the assortment, by an average store.

    @property
    def stores(self) -> int:
        return self.locations - self.warehouses - self.distributors - self.resellers


SMALL = Size(
    locations=12,
    warehouses=1,
    distributors=1,
    resellers=1,
    items=300,
    used_items=12,
    bundles=6,
    customers=200,
    orders=900,
    carried_percent=65,
)
MEDIUM = Size(
    locations=60,
    warehouses=2,
    distributors=2,
    resellers=3,
    items=4_000,
    used_items=120,
    bundles=40,
    customers=6_000,
    orders=30_000,
    carried_percent=35,
)
LARGE = Size(
    locations=600,
    warehouses=6,
    distributors=4,
    resellers=20,
    items=50_000,
    used_items=900,
    bundles=300,
    customers=12_000,
    orders=30_000,
    carried_percent=3,
)
SIZES = {"small": SMALL, "medium": MEDIUM, "large": LARGE}
