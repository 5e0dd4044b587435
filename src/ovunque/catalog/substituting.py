"""What may go instead of an item that is not found where it was sold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.catalog import store
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

SUBSTITUTES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """An item that may go instead of another; `asks`: only if the customer agrees."""

    sku: str
    asks: bool


def list_substitutes(tx: Tx, skus: Collection[str]) -> dict[str, tuple[Substitute, ...]]:
    """What may go instead of some items, the best first."""
    found: dict[str, list[Substitute]] = {}
    for sku, instead, asks in store.list_substitutes(tx, skus) if skus else ():
        found.setdefault(sku, []).append(Substitute(sku=instead, asks=asks))
    return {sku: tuple(mine) for sku, mine in found.items()}


def set_substitutes(
    tx: Tx, by: Actor, sku: str, substitutes: Sequence[Substitute], now: datetime
) -> None:
    """From now on these may go instead of it, and no others; none: nothing may."""
    assert len(substitutes) <= SUBSTITUTES_MAX
    named = [each.sku for each in substitutes]
    known = store.list_items_of(tx, {sku, *named})
    if sku not in known:
        raise Refusal("not_found", what=f"item {sku[:64]}")
    faults = [
        Fault(f"/substitutes/{nth}/sku", code, text)
        for nth, each in enumerate(named)
        if (code := _fault(sku, named[:nth], each, each in known))
        for text in (f"{each} cannot go instead of {sku}.",)
    ]
    if known[sku].components or any(known[each].components for each in named if each in known):
        faults.append(Fault("", "nested", "Bundles have no substitutes, and are none."))
    if faults:
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)
    store.save_substitutes(tx, sku, [(each.sku, each.asks) for each in substitutes])
    body = {"substitutes": named}
    fact = Fact(kind="substitutes.changed", subject=sku, body=body)
    journal.record(tx, [fact], by=by.name, at=now)


def _fault(sku: str, before: Sequence[str], named: str, is_known: bool) -> str:
    if not is_known:
        return "unknown_reference"
    if named == sku:
        return "not_allowed"
    return "duplicate" if named in before else ""
