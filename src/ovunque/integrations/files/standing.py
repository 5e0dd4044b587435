"""What stands in the rooms, all of it, a page after the other."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from ovunque.catalog.knowing_pieces import list_pieces
from ovunque.catalog.listing import list_items
from ovunque.catalog.model import Item, Piece
from ovunque.customers.listing import FIRST as FIRST_CUSTOMER
from ovunque.customers.listing import list_customers
from ovunque.customers.model import Customer
from ovunque.delivery.listing import (
    FIRST_LANE,
    FIRST_SERVICE,
    list_carrier_services,
    list_lanes,
    list_zones,
)
from ovunque.delivery.model import CarrierService, Lane, Zone
from ovunque.integrations.files import store
from ovunque.network.listing import (
    list_channels,
    list_groups,
    list_legal_entities,
    list_locations,
)
from ovunque.network.model import (
    Channel,
    Closure,
    Group,
    LegalEntity,
    Location,
    Named,
    OpeningHours,
)
from ovunque.network.naming import list_nameable
from ovunque.network.scheduling import FIRST_CLOSURE, list_closures, list_hours
from ovunque.platform.database import Tx
from ovunque.stock.expecting import list_incoming
from ovunque.stock.model import Key, Protection
from ovunque.stock.model.expecting import Incoming
from ovunque.stock.protecting import list_protections

FIRST_LEVEL = Key("", UUID(int=0))
FIRST_INCOMING = ("", "", UUID(int=0))
PAGE_MAX = 1_000
N = TypeVar("N")
K = TypeVar("K")


def pages(
    tx: Tx, read: Callable[[Tx, K, int], Sequence[N]], first: K, key: Callable[[N], K]
) -> Iterator[N]:
    """All rows of a list, in its order."""
    after = first
    while page := read(tx, after, PAGE_MAX):
        yield from page
        after = key(page[-1])


def legal_entities(tx: Tx) -> Iterator[LegalEntity]:
    return pages(tx, list_legal_entities, "", lambda each: each.code)


def locations(tx: Tx) -> Iterator[Location]:
    return pages(tx, list_locations, "", lambda each: each.code)


def hours(tx: Tx) -> Iterator[OpeningHours]:
    return pages(tx, list_hours, "", lambda each: each.location)


def closures(tx: Tx) -> Iterator[Closure]:
    return pages(tx, list_closures, FIRST_CLOSURE, lambda each: each.key)


def groups(tx: Tx) -> Iterator[Group]:
    return pages(tx, list_groups, "", lambda each: each.code)


def channels(tx: Tx) -> Iterator[Channel]:
    return pages(tx, list_channels, "", lambda each: each.code)


def items(tx: Tx) -> Iterator[Item]:
    return pages(tx, list_items, "", lambda each: each.sku)


def pieces(tx: Tx) -> Iterator[Piece]:
    return pages(tx, list_pieces, "", lambda each: each.sku)


def protections(tx: Tx) -> Iterator[Protection]:
    return pages(tx, list_protections, "", lambda each: each.code)


def nameable(tx: Tx) -> Iterator[Named]:
    """What may have a name, with the name it has."""

    def read(tx: Tx, after: tuple[str, str], limit: int) -> Sequence[Named]:
        return list_nameable(tx, None, after, limit)

    return pages(tx, read, ("", ""), lambda each: (each.kind, each.code))


def customers(tx: Tx) -> Iterator[Customer]:
    return pages(tx, list_customers, FIRST_CUSTOMER, lambda each: each.id)


def carrier_services(tx: Tx) -> Iterator[CarrierService]:
    return pages(tx, list_carrier_services, FIRST_SERVICE, lambda each: each.key)


def zones(tx: Tx) -> Iterator[Zone]:
    return pages(tx, list_zones, "", lambda each: each.code)


def lanes(tx: Tx) -> Iterator[Lane]:
    return pages(tx, list_lanes, FIRST_LANE, lambda each: each.key)


def incoming(tx: Tx) -> Iterator[Incoming]:
    return pages(
        tx,
        lambda tx, after, limit: list_incoming(tx, is_open=False, after=after, limit=limit),
        FIRST_INCOMING,
        lambda each: each.key,
    )


def levels(tx: Tx) -> Iterator[store.Level]:
    return pages(tx, store.list_levels, FIRST_LEVEL, lambda each: each.key)
