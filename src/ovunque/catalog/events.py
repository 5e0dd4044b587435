"""What the catalog announces: skus only, readers look at the present state."""

from collections.abc import Sequence

from ovunque.platform.journal import Fact

ITEM = "item.changed"


def changed(skus: Sequence[str]) -> Fact:
    """One fact for all items that a transaction changed."""
    subject = skus[0] if len(skus) == 1 else f"{len(skus)} items"
    return Fact(kind=ITEM, subject=subject, body={"skus": list(skus)})
