"""What the stock room announces."""

from collections.abc import Collection, Sequence

from ovunque.platform.journal import Fact
from ovunque.stock.model import StockLevel

CHANGED = "stock.changed"
PROTECTION = "protection.changed"


def changed(levels: Collection[StockLevel]) -> Fact:
    """One fact for all levels of a transaction: values and version, the higher version wins."""
    first = next(iter(levels)).key.sku
    return Fact(
        kind=CHANGED,
        subject=first if len(levels) == 1 else f"{len(levels)} levels",
        body={
            "levels": [
                (
                    level.key.sku,
                    level.key.location_id,
                    level.on_hand,
                    level.unavailable,
                    level.reserved,
                    level.version,
                )
                for level in levels
            ]
        },
    )


def protection_changed(codes: Sequence[str]) -> Fact:
    """Rules of protection were made, changed or taken away: readers look at the present state."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} protections"
    return Fact(kind=PROTECTION, subject=subject, body={"codes": list(codes)})
