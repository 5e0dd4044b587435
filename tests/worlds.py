"""A retail network of any size, made by the rooms' own use cases: for tests and benchmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.customers.model import ContactRequest, CustomerRequest
from ovunque.delivery.model import (
    CarrierServiceRequest,
    LaneRequest,
    Service,
    ZoneArea,
    ZoneRequest,
)
from ovunque.delivery.saving import save_carrier_services, save_lanes, save_zones
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_location
from ovunque.network.model import ChannelRequest, LegalEntityRequest, LocationRequest
from ovunque.network.saving import save_channels, save_legal_entities, save_locations
from ovunque.orders.model import DeliveryRequest, LineRequest, OrderRequest
from ovunque.orders.receiving import Asked
from ovunque.platform.database import Database, Tx
from ovunque.platform.idempotency import Key as IdempotencyKey
from ovunque.platform.idempotency import digest
from ovunque.stock.counting import COUNTS_MAX, count
from ovunque.stock.model import Count, Key

CHANNEL = "web-it"
LOCATIONS_MAX = 1_000  # Saved in one call.


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How many locations and items, and what lies where: units by (location, sku)."""

    locations: int
    skus: Sequence[str]
    stock: Mapping[tuple[str, str], int]

    def codes(self) -> list[str]:
        return [place_code(nth) for nth in range(self.locations)]


def place_code(nth: int) -> str:
    return f"L{nth:03}"


def build(database: Database, world: World, by: Actor, new_id: NewId, now: datetime) -> None:
    """Write a world into an empty database."""
    database.transact(lambda tx: _network(tx, world, by, new_id, now))
    database.transact(lambda tx: _carriers(tx, by, new_id, now))
    items = [
        ItemRequest(sku=sku, product=sku, titles={"en": sku}, weight_g=400, price_cents=4990)
        for sku in world.skus
    ]
    for start in range(0, len(items), 1_000):
        chunk = items[start : start + 1_000]
        database.transact(partial(save_items, by=by, requests=chunk, now=now))
    put(database, world.stock, by, now)


def put(database: Database, stock: Mapping[tuple[str, str], int], by: Actor, now: datetime) -> None:
    """Count units, as of now."""
    ids = database.read(lambda tx: {code: place_id(tx, code) for code in {c for c, _ in stock}})
    counts = sorted(
        (
            Count(key=Key(sku, ids[code]), on_hand=units, as_of=now)
            for (code, sku), units in stock.items()
        ),
        key=lambda each: each.key,
    )
    for start in range(0, len(counts), COUNTS_MAX):
        chunk = counts[start : start + COUNTS_MAX]
        database.transact(partial(count, by=by, source="world", counts=chunk, now=now))


def place_id(tx: Tx, code: str) -> UUID:
    return find_location(tx, code).id


def _network(tx: Tx, world: World, by: Actor, new_id: NewId, now: datetime) -> None:
    entity = LegalEntityRequest(code="it", name="Casa", country="IT")
    save_legal_entities(tx, by, [entity], now, new_id)
    for start in range(0, world.locations, LOCATIONS_MAX):
        some = range(start, min(start + LOCATIONS_MAX, world.locations))
        save_locations(tx, by, [_location(nth) for nth in some], now, new_id)
    channel = ChannelRequest(
        code=CHANNEL,
        name="Web",
        kind="web",
        legal_entity="it",
        countries=("IT",),
        currency="EUR",
        languages=("it",),
        pool="all",
        home_pool="home",
    )
    save_channels(tx, by, [channel], now, new_id)


def _location(nth: int) -> LocationRequest:
    """The first location is the warehouse; handling is the dearer the further down the list."""
    return LocationRequest(
        code=place_code(nth),
        name=f"Place {nth}",
        kind="warehouse" if nth == 0 else "store",
        legal_entity="it",
        street=f"Via Roma {nth + 1}",
        postal_code="20121",
        city="Milano",
        country="IT",
        latitude_e6=45_464_200 + nth,
        longitude_e6=9_190_000,
        time_zone="Europe/Rome",
        state="open",
        capabilities=("ship_from", "collect", "reserve"),
        capacity_per_day=1_000,
        handling_minutes=60,
        handling_cents=100 + nth,
        pick_cents=10,
        groups=("all", "home") if nth == 0 else ("all",),
    )


def _carriers(tx: Tx, by: Actor, new_id: NewId, now: datetime) -> None:
    services = [
        CarrierServiceRequest(
            carrier="gls",
            service=service,
            name=service,
            promise=promise,
            cutoff=time(16),
            pickup_days=(1, 2, 3, 4, 5),
            parcel_weight_max_g=30_000,
        )
        for service, promise in (("standard", "home"), ("fast", "express"))
    ]
    save_carrier_services(tx, by, services, now, new_id)
    save_zones(tx, by, [ZoneRequest(code="it", areas=(ZoneArea(country="IT"),))], now, new_id)
    lanes = [
        LaneRequest(
            carrier="gls",
            service=service,
            from_zone="it",
            to_zone="it",
            transit_days=days,
            rates=((1_000, 500), (5_000, 700), (30_000, 1_500)),
        )
        for service, days in (("standard", 2), ("fast", 1))
    ]
    save_lanes(tx, by, lanes, now, new_id)


def order_request(lines: Sequence[tuple[str, int]], buyer: str) -> OrderRequest:
    """An order to an address in Milan."""
    return OrderRequest(
        external_id=None,
        channel=CHANNEL,
        currency="EUR",
        customer=CustomerRequest(name=buyer, email=f"{buyer}@example.com"),
        lines=tuple(LineRequest(sku=sku, quantity=units, unit_price=4990) for sku, units in lines),
        deliveries=(
            DeliveryRequest(
                service=Service.HOME,
                address=ContactRequest(
                    street="Via Torino 1", postal_code="20123", city="Milano", country="IT"
                ),
            ),
        ),
    )


def asked(by: Actor, key: str, lines: Sequence[tuple[str, int]], buyer: str | None = None) -> Asked:
    """That order as a client asks for it, under a key."""
    request = order_request(lines, buyer or key)
    fingerprint = digest("POST", "/v1/orders", [key, lines])
    return Asked(request=request, key=IdempotencyKey(by.client_id, key, fingerprint), by=by)
