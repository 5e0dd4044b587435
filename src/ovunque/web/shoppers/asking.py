"""What a shopper wants to know: these items, sent there or fetched, when and for how much."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import ChannelKind, Location
from ovunque.network.snapshot import ChannelView
from ovunque.promise.answering import answer
from ovunque.promise.model import Address, CartLine, Option, PromiseRequest, Quote
from ovunque.web import words
from ovunque.web.formatting import Formatter
from ovunque.web.visiting import Visit

POSTAL_MAX = 20
E6 = 1_000_000
NEAR = re.compile(r"(-?[0-9]{1,2}\.[0-9]{1,6}),(-?[0-9]{1,3}\.[0-9]{1,6})")
LINES_MAX = 20
UNITS_MAX = 99
SHOWN = ("home", "express", "collect")  # Where there is little room.
FETCHED = ("collect", "express_collect", "pickup_point", "reserve")
EVERY = ("home", "express", *FETCHED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shopper lives, as far as they said it."""

    country: str
    postal_code: str
    at_e6: tuple[int, int] | None = None  # Where they are, if they told it instead.

    @property
    def address(self) -> Address:
        return Address(country=self.country, postal_code=self.postal_code, at_e6=self.at_e6)

    @property
    def near(self) -> str:
        """Where they are, as an address of ours keeps it."""
        return ",".join(f"{each / E6:.3f}" for each in self.at_e6 or ())


def channel_of(visit: Visit, code: str) -> ChannelView:
    """A web shop: other channels have no pages for the street."""
    found = visit.house.snapshot().network.channels.get(code)
    if found is None or found.channel.kind != ChannelKind.WEB:
        raise Refusal("not_found", what="this shop")
    return found


def place_of(channel: ChannelView, country: str, postal_code: str, near: str = "") -> Place:
    """What the address says; a country that the shop does not sell to is its first one.

    A post code that was typed counts more than where somebody was before.
    """
    countries = channel.channel.countries
    postal = postal_code.strip()[:POSTAL_MAX]
    return Place(
        country if country in countries else countries[0],
        postal,
        None if postal else at_of(near),
    )


def at_of(near: str) -> tuple[int, int] | None:
    """Latitude and longitude of `45.464,9.190`; None: that is no place on the earth."""
    told = NEAR.fullmatch(near)
    if told is None:
        return None
    north, east = (round(Decimal(each) * E6) for each in told.groups())
    return (north, east) if abs(north) <= 90 * E6 and abs(east) <= 180 * E6 else None


def cart_of(visit: Visit, lines: Sequence[str]) -> list[tuple[Item, int]]:
    """The cart in an address, as `SKU:2`; what nobody knows is left out."""
    units: Counter[str] = Counter()
    for line in lines[:LINES_MAX]:
        sku, _, told = line.rpartition(":")
        count = int(told) if told.isascii() and told.isdigit() and len(told) < 4 else 1
        units[sku or line] += min(count, UNITS_MAX)
    items = visit.read(lambda tx: find_items(tx, units.keys()))
    return [(items[sku], count) for sku, count in units.items() if sku in items and count]


def ask(
    visit: Visit,
    channel: ChannelView,
    cart: Sequence[tuple[str, int]],
    place: Place,
    services: tuple[str, ...] = (),
) -> Quote:
    """Every way of getting the cart that is worth showing."""
    snapshot = visit.house.snapshot()
    request = PromiseRequest(
        channel=channel.channel.code,
        lines=tuple(CartLine(sku=sku, quantity=units) for sku, units in cart),
        address=place.address,
        services=services or SHOWN,
    )
    return answer(snapshot, visit.house.promises, request, visit.now)


class Choice:
    """An option as a shopper reads it, by the clock of the place where it arrives."""

    def __init__(self, option: Option, visit: Visit) -> None:
        network = visit.house.snapshot().network
        at = network.position_of.get(option.location_id) if option.location_id else None
        self.option = option
        self.place: Location | None = network.locations[at] if at is not None else None
        self.word = words.SERVICE[option.service]
        zone = self.place.time_zone if self.place else visit.formatter.zone
        self.f = Formatter(visit.language, zone, visit.now)
        self.key = key_of(option)
        self.id = public_id("opt", option.location_id) if option.location_id else option.service

    @property
    def is_today(self) -> bool:
        return self.f.is_today(self.option.latest)


def key_of(option: Option) -> str:
    """An option as an address keeps it: whoever comes back to it sees what has changed."""
    place, latest = option.location_id or "", option.latest.isoformat()
    return f"{option.service} {place} {latest} {option.customer_price} {option.emissions_g}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an address says was chosen before."""

    service: str
    location_id: UUID | None
    latest: datetime
    price: int
    grams: int


def chosen_of(key: str) -> Chosen | None:
    """None: that is nothing that we ever wrote."""
    parts = key.split(" ")
    if len(parts) != 5 or not all(each.isascii() and each.isdigit() for each in parts[3:]):
        return None
    try:
        latest, place = datetime.fromisoformat(parts[2]), UUID(parts[1]) if parts[1] else None
    except ValueError:
        return None
    if latest.tzinfo is None:
        return None
    return Chosen(parts[0], place, latest, int(parts[3][:9]), int(parts[4][:9]))


def choices_of(found: Quote, visit: Visit) -> list[Choice]:
    return [Choice(each, visit) for each in found.options]


def soonest(choice: Choice) -> tuple[datetime, int]:
    return choice.option.latest, choice.option.customer_price


def in_short(choices: Sequence[Choice]) -> list[Choice]:
    """What a page with little room says: of each service the soonest, and whatever costs less."""
    shown: dict[str, Choice] = {}
    for choice in sorted(
        choices, key=lambda each: (each.option.latest, each.option.customer_price)
    ):
        first = shown.get(choice.option.service)
        if first is None:
            shown[choice.option.service] = choice
        elif choice.option.customer_price < first.option.customer_price:
            shown.setdefault(f"{choice.option.service} later", choice)
    return list(shown.values())


def with_one_place(choices: Sequence[Choice]) -> list[Choice]:
    """All that comes to the door, and one place of each service to fetch it from.

    The others are on their own page.
    """
    first: dict[str, Choice] = {}
    for each in choices:
        first.setdefault(each.option.service, each)
    return [each for each in choices if each.place is None or each is first[each.option.service]]
