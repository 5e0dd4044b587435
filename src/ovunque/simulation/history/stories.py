"""Stories worth finding in the demo's past: each is staged with goods of its own, then happens.

What a story needs is put on the shelves of the places that it is about, and nowhere else; nobody
else asks for it. All the rest is decided by the same rules as everything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ovunque.customers.model import ContactRequest, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import Reason
from ovunque.orders.drafting import draft
from ovunque.orders.model import (
    DeliveryRequest,
    LineRequest,
    OnShortage,
    OrderRequest,
)
from ovunque.promise.model import Address, Badge, CartLine, Option, Pledge, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.promise.sealing import destination_of
from ovunque.simulation.history import selling
from ovunque.simulation.history.habits import Script, weekday_before
from ovunque.simulation.history.house import House
from ovunque.simulation.history.stocking import TILL
from ovunque.simulation.rows import ItemRow, StockRow
from ovunque.sourcing.model import Promised, PromisedParcel
from ovunque.sourcing.planning import Wish, plan
from ovunque.stock.model import Count, Key, Movement, MovementKind

PROMISE, LATE_FEED, LAST_UNIT, REJECTING, EMISSIONS = (
    "two-streets-away",
    "late-feed",
    "last-unit",
    "rejecting-store",
    "fewer-grams",
)
REJECTING_STORE = "paris-marais"
REJECTING_PERCENT = 38.0
FEED = "till-office"  # The source whose message came late.


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Something that happened, in a sentence, and the page on which it can be seen."""

    name: str
    title: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where somebody of a story lives."""

    name: str
    street: str
    postal_code: str
    city: str

    @property
    def contact(self) -> ContactRequest:
        return ContactRequest(
            name=self.name,
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            country="IT",
        )


MILAN = Door(name="Giulia Conti", street="Via Solferino 9", postal_code="20121", city="Milano")
NAPLES = Door(name="Davide Esposito", street="Via Toledo 55", postal_code="80134", city="Napoli")
ROME = Door(name="Sara Marino", street="Via Giulia 21", postal_code="00186", city="Roma")
BOLOGNA = Door(name="Pietro Gallo", street="Via Zamboni 30", postal_code="40126", city="Bologna")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """The items of the stories by name, and what of them lies where: units by location code."""

    skus: Mapping[str, str]
    units: Mapping[str, Mapping[str, int]]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.skus.values())

    def arrange(self, rows: Iterable[StockRow]) -> Iterator[StockRow]:
        """The retailer's stock with the goods of the stories where they are needed."""
        as_of = ""
        for row in rows:
            as_of = row.as_of
            if row.sku not in self.names:
                yield row
        for name, places in self.units.items():
            for code, units in places.items():
                yield StockRow(location=code, sku=self.skus[name], on_hand=units, as_of=as_of)


def goods_of(items: Sequence[ItemRow]) -> Goods:
    """One item for each story, the first that fits."""
    inside = {sku for each in items for sku in each.components}
    plain = [
        each
        for each in items
        if each.condition == "new" and not each.components and each.sku not in inside
    ]
    knitted = [each for each in plain if each.category == "knitwear"]
    return Goods(
        skus={
            PROMISE: knitted[0].sku,
            LATE_FEED: knitted[1].sku,
            LAST_UNIT: next(each.sku for each in plain if each.category == "jackets"),
            EMISSIONS: next(each.sku for each in plain if each.category == "boots"),
        },
        units={
            PROMISE: {"milano-duomo": 2, "milano-brera": 3},
            LATE_FEED: {"bologna-farini": 9, "milano-duomo": 4},
            LAST_UNIT: {"roma-corso": 1},
            EMISSIONS: {"napoli-chiaia": 4, "magazzino-piacenza": 60},
        },
    )


def stage(house: House, goods: Goods, end: datetime) -> None:
    """Have every story happen in its time, before the end."""
    network = house.snapshot.network
    house.eager[network.by_code[REJECTING_STORE].id] = REJECTING_PERCENT
    at = house.chronicle.at
    kept = weekday_before(end, 5) - timedelta(hours=1, minutes=43)
    house.scripts[PROMISE] = Script(reject_first=Reason.NOT_FOUND)
    at(kept, lambda: keep_promise(house, goods.skus[PROMISE]))
    house.scripts |= dict.fromkeys((LAST_UNIT, f"{LAST_UNIT}-market", EMISSIONS), Script())
    wanted = weekday_before(end, 3) + timedelta(hours=4, minutes=12)
    at(wanted, lambda: want_last(house, LAST_UNIT, goods.skus[LAST_UNIT]))
    at(
        wanted + timedelta(seconds=41),
        lambda: want_last(house, f"{LAST_UNIT}-market", goods.skus[LAST_UNIT]),
    )
    green = weekday_before(end, 6) - timedelta(minutes=20)
    at(green, lambda: save_grams(house, goods.skus[EMISSIONS]))
    late = weekday_before(end, 2)
    key = Key(goods.skus[LATE_FEED], network.by_code["bologna-farini"].id)
    at(late - timedelta(minutes=70), lambda: sell_two(house, key))
    at(late + timedelta(hours=3), lambda: tell_late(house, key, late - timedelta(hours=4)))


def order_of(name: str, channel: str, sku: str, door: Door) -> OrderRequest:
    return OrderRequest(
        external_id=name,
        channel=channel,
        currency="EUR",
        customer=CustomerRequest(
            email=f"{door.name.lower().replace(' ', '.')}@example.com", name=door.name
        ),
        lines=(LineRequest(sku=sku, quantity=1, unit_price=12_900),),
        deliveries=(DeliveryRequest(service=Service.HOME, address=door.contact),),
        on_shortage=OnShortage.ACCEPT if channel == "marketplace" else OnShortage.REFUSE,
    )


def keep_promise(house: House, sku: str) -> None:
    """The nearest store does not find it; one two streets away sends it, in time."""
    placed = selling.place(house, order_of(PROMISE, "web-it", sku, MILAN))
    assert placed is not None


def want_last(house: House, name: str, sku: str) -> None:
    """The web shop is first, and has it; the marketplace has sold what is no longer there."""
    market = name != LAST_UNIT
    channel, door = ("marketplace", BOLOGNA) if market else ("web-it", ROME)
    placed = selling.place(house, order_of(name, channel, sku, door))
    assert placed is not None


def save_grams(house: House, sku: str) -> None:
    """A shopper takes the option with the lowest emissions, though another one is cheaper."""
    request = order_of(EMISSIONS, "web-it", sku, NAPLES)
    cart = PromiseRequest(
        channel="web-it",
        lines=(CartLine(sku=sku, quantity=1),),
        address=Address(country="IT", postal_code=NAPLES.postal_code),
        services=(Service.HOME,),
    )
    quoted = quote(house.snapshot, house.shelf(), house.prices, cart, house.now)
    chosen = next(each for each in quoted.options if Badge.LOWEST_EMISSIONS in each.badges)
    cheapest = next(each for each in quoted.options if Badge.CHEAPEST in each.badges)
    house.saved_g = cheapest.emissions_g - chosen.emissions_g
    drafted = draft(request, house.snapshot, house.shelf(), house.chronicle.new_id)
    pledge = pledge_of(chosen, quoted.expires_at)
    promised = Promised(arrive_by=chosen.latest, parcels=pledge.parcels, binding=True)
    drafted = replace(
        drafted,
        needs=tuple(replace(need, promised=promised) for need in drafted.needs),
        pledges={0: pledge},
    )
    channel = house.snapshot.network.channels["web-it"]
    wish = Wish(channel=channel, needs=drafted.needs, whole=True, now=house.now)
    plans = plan(house.snapshot, house.shelf(), wish)
    assert plans is not None
    selling.accept(house, drafted, plans, selling.promise(house, drafted, plans))


def pledge_of(option: Option, expires_at: datetime) -> Pledge:
    """What the token of an option would hold."""
    return Pledge(
        channel="web-it",
        service=option.service,
        destination=destination_of(option),
        lines=option.lines,
        parcels=tuple(
            PromisedParcel(
                location_id=each.location_id,
                carrier_service_id=each.carrier_service_id,
                units=each.units,
            )
            for each in option.parcels
        ),
        earliest=option.earliest,
        latest=option.latest,
        customer_price=option.customer_price,
        emissions_g=option.emissions_g,
        expires_at=expires_at,
        confidence_ppm=option.confidence_ppm,
        basis=tuple(each.basis for each in option.parcels),
    )


def sell_two(house: House, key: Key) -> None:
    """The till sells two, and says so at once."""
    sold = Movement(
        id=f"{LATE_FEED}-1",
        key=key,
        kind=MovementKind.SOLD_IN_STORE,
        quantity=2,
        occurred_at=house.now,
    )
    house.chronicle.tell_stock(TILL, house.ledger.book(TILL, [sold], house.now))


def tell_late(house: House, key: Key, as_of: datetime) -> None:
    """A count of this morning comes hours later: what was sold since is not forgotten."""
    count = Count(key=key, on_hand=7, as_of=as_of)
    house.chronicle.tell_stock(FEED, [house.ledger.count(FEED, count, house.now)])


def list_stories(house: House, goods: Goods) -> tuple[Story, ...]:
    """What happened, each with its page."""
    numbers = {order.external_id: order.number for order in house.orders.values()}
    return (
        Story(
            name=PROMISE,
            title="A promise kept by a store two streets away",
            page=f"/orders/{numbers[PROMISE]}",
        ),
        Story(
            name=LATE_FEED,
            title="A count that came seven hours late, and forgot nothing",
            page=f"/items/{goods.skus[LATE_FEED]}",
        ),
        Story(
            name=LAST_UNIT,
            title="The last jacket, wanted by two channels within a minute",
            page=f"/orders/{numbers[f'{LAST_UNIT}-market']}",
        ),
        Story(
            name=REJECTING,
            title="A store that rejects too much",
            page=f"/orders?location={REJECTING_STORE}",
        ),
        Story(
            name=EMISSIONS,
            title=f"A choice that saved {house.saved_g} g of CO2e",
            page=f"/orders/{numbers[EMISSIONS]}",
        ),
    )
