"""What the demo retailer's shoppers order: bodies of `POST /v1/orders`, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from typing import NotRequired, TypedDict, TypeVar

from ovunque.simulation.people import Shopper
from ovunque.simulation.retailer import Retailer
from ovunque.simulation.rows import ChannelRow, ItemRow, LocationRow

Drawn = TypeVar("Drawn")


class Money(TypedDict):
    amount: int
    currency: str


class Customer(TypedDict):
    email: str
    name: str
    phone: NotRequired[str]


class Line(TypedDict):
    sku: str
    quantity: int
    unit_price: Money


class Address(TypedDict):
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    latitude: NotRequired[float]
    longitude: NotRequired[float]


class Delivery(TypedDict):
    service: str
    address: NotRequired[Address]
    location: NotRequired[str]


class OrderBody(TypedDict):
    external_id: str
    channel: str
    customer: Customer
    lines: list[Line]
    deliveries: list[Delivery]
    on_shortage: str


# Weights in percent. Fashion carts are small; on a marketplace goods are sent, and already sold.
CHANNELS = {"web": 80, "marketplace": 12, "tablet": 8}
LINES = {1: 62, 2: 24, 3: 10, 4: 4}
QUANTITIES = {1: 92, 2: 7, 3: 1}
SERVICES = {"home": 78, "express": 12, "collect": 10}
ON_SHORTAGE = {"refuse": 70, "partial": 20, "backorder": 10}
COORDINATES_PERCENT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a channel sells, and how often each item is asked for, summed up for drawing."""

    items: Sequence[ItemRow]
    popularity: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What a draw needs at hand: the listing of each channel, the shops of each country."""

    listings: dict[str, Listing]
    shops: dict[str, list[LocationRow]]


def order_bodies(retailer: Retailer, rng: Random, first: int = 1) -> Iterator[OrderBody]:
    """Orders without an end, no two with the same external id; they are numbered from `first`."""
    market = Market(
        listings={each.code: listing(each, retailer) for each in retailer.channels},
        shops=collecting_shops(retailer.locations),
    )
    for number in count(first):
        yield order_body(number, rng.choice(retailer.shoppers), market, rng)


def listing(channel: ChannelRow, retailer: Retailer) -> Listing:
    weighed = zip(retailer.assortment.items, retailer.assortment.popularity, strict=True)
    sold = [
        (item, weight)
        for item, weight in weighed
        if channel.listing == ("all",) or item.category in channel.listing
    ]
    return Listing(
        items=[item for item, _ in sold],
        popularity=list(accumulate(weight for _, weight in sold)),
    )


def collecting_shops(locations: Sequence[LocationRow]) -> dict[str, list[LocationRow]]:
    shops: dict[str, list[LocationRow]] = {}
    for location in locations:
        if location.kind == "store" and "collect" in location.capabilities:
            shops.setdefault(location.country, []).append(location)
    return shops


def order_body(number: int, shopper: Shopper, market: Market, rng: Random) -> OrderBody:
    kind = draw(CHANNELS, rng)
    channel = shopper.shop if kind == "web" else kind
    marketplace = kind == "marketplace"
    service = "home" if marketplace else draw(SERVICES, rng)
    return {
        "external_id": f"{channel}-{number:07}",
        "channel": channel,
        "customer": customer(shopper),
        "lines": lines(market.listings[channel], rng),
        "deliveries": [delivery(service, shopper, market.shops, rng)],
        "on_shortage": "accept" if marketplace else draw(ON_SHORTAGE, rng),
    }


def customer(shopper: Shopper) -> Customer:
    known = shopper.customer
    body: Customer = {"email": known.email, "name": known.name}
    if known.phone:
        body["phone"] = known.phone
    return body


def lines(listed: Listing, rng: Random) -> list[Line]:
    """One to four different items; of a single piece never two."""
    drawn = rng.choices(listed.items, cum_weights=listed.popularity, k=draw(LINES, rng))
    return [
        {
            "sku": item.sku,
            "quantity": draw(QUANTITIES, rng) if item.condition == "new" else 1,
            "unit_price": {"amount": item.price_cents, "currency": "EUR"},
        }
        for item in {item.sku: item for item in drawn}.values()
    ]


def delivery(
    service: str, shopper: Shopper, shops: Mapping[str, Sequence[LocationRow]], rng: Random
) -> Delivery:
    """To the door, or to a shop: one in the own city if there is, else one in the country."""
    in_country = shops.get(shopper.city.country, ())
    if service == "collect" and in_country:
        in_city = [each for each in in_country if each.city == shopper.city.name]
        return {"service": "collect", "location": rng.choice(in_city or in_country).code}
    sent = "home" if service == "collect" else service  # A country without a shop of ours.
    return {"service": sent, "address": address(shopper, rng)}


def address(shopper: Shopper, rng: Random) -> Address:
    door: Address = {
        "name": shopper.customer.name,
        "street": shopper.street,
        "postal_code": shopper.city.postal_code,
        "city": shopper.city.name,
        "country": shopper.city.country,
    }
    if rng.randrange(100) < COORDINATES_PERCENT:
        door["latitude"], door["longitude"] = shopper.latitude, shopper.longitude
    return door


def draw(percents: Mapping[Drawn, int], rng: Random) -> Drawn:
    return rng.choices(tuple(percents), weights=tuple(percents.values()))[0]
