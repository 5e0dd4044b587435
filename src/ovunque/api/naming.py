"""What a query names: of what nobody knows there is no list, not even an empty one."""

from uuid import UUID

from ovunque.api.call import Call
from ovunque.api.stock_counts import unknown
from ovunque.catalog.listing import find_items
from ovunque.kernel.refusal import Refusal


def place_named(call: Call, code: str | None) -> UUID | None:
    """The location that is asked for, if one is; refused as not found."""
    if code is None:
        return None
    place = call.services.snapshot().network.by_code.get(code)
    if place is None:
        fault = unknown("query:location", "location")
        raise Refusal("not_found", what=f"location {code}", errors=(fault,))
    return place.id


def refuse_unknown_item(call: Call, sku: str | None) -> None:
    """Refuse a query for an item that nobody knows: it would be an empty list for ever."""
    if sku is not None and not call.read(lambda tx: find_items(tx, [sku])):
        fault = unknown("query:sku", "item")
        raise Refusal("not_found", what=f"item {sku}", errors=(fault,))
