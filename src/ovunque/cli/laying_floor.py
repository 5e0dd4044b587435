"""What the demo's store has in its hands: something true on each of its screens."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ovunque.access.model import SYSTEM, Actor
from ovunque.api.call import Services
from ovunque.api.orders_asked import OrderAsked, request_of
from ovunque.app import furnish
from ovunque.catalog.listing import find_items
from ovunque.cli.session import person
from ovunque.customers.model import Collector, CustomerRequest
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.booking import PickupRequest, book_pickup
from ovunque.fulfillment.model import Fulfillment, Reason, Wanted
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.reserving import ReserveRequest, list_open, reserve
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.setting_aside import AsideRequest, keep_for_visit
from ovunque.fulfillment.shelving import ShelfRequest, shelve
from ovunque.network.model import Location
from ovunque.orders.agreeing import AgreeRequest, agree
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.listing import find_by_number
from ovunque.orders.model import CancelReason
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform import clock, idempotency
from ovunque.platform.database import Database, Tx
from ovunque.platform.idempotency import Key
from ovunque.platform.settings import Settings
from ovunque.stock.reading import list_levels
from ovunque.sweeping import sweep, sweepers

LEVELS_MAX = 400
SECONDS_MAX = 30
SHOPPERS = ("Marta Galli", "Paolo Neri", "Anna Riva", "Luca Costa", "Irene Fontana", "Nadia Serra")
TO_PAY_CENTS = 4_990
SPARE = 3  # So many free units that one more order hurts nobody.
CREATED = 201
ANSWER_WITHIN = timedelta(hours=2)
# What becomes of each order: by the service that it asks for.
ORDERS: Mapping[str, str] = {
    "express": "express_collect",
    "waiting": "collect",
    "refused": "collect",
    "put back": "collect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A store, whom its channel is, and what lies there to be sold."""

    services: Services
    store: Location
    channel: str
    channel_id: UUID
    skus: Sequence[str]

    @property
    def database(self) -> Database:
        return self.services.database


def lay_floor(settings: Settings, database: Database, store: Location) -> None:
    """Once: orders on their way through the store, visitors, and a carrier that was asked."""
    if database.read(lambda tx: list_open(tx, store.id)):
        return
    by = person()
    with furnish(settings, database) as services:
        floor = floor_of(services, store)
        orders = {name: find_placed(floor, number) for name, number in place(floor).items()}
        now = clock.now()  # Later than they were placed: they are offered from then on.
        for each in sweepers(services.snapshot, services.new_id):
            if each.name == "offers.open":
                sweep(database, each, now)
        for name, (work,) in orders.items():
            database.transact(lambda tx, id_=work.id: accept(tx, by, id_, now))  # type: ignore[misc]
            if name in ("waiting", "put back"):
                pick_all(floor, by, work)
        after = {"waiting": tell_of_waiting, "refused": turn_down, "put back": call_off}
        for name in orders.keys() & after.keys():  # At night nothing is ready within the hour.
            after[name](floor, by, orders[name][0])
        keep_for_visitors(floor, by, now)
        ask_carrier(floor, by, now)


def floor_of(services: Services, store: Location) -> Floor:
    """With the items of which the store has some to spare, bundles and single pieces aside."""
    snapshot = services.snapshot()
    view = next(
        each
        for each in snapshot.network.channels.values()
        if each.channel.kind == "web" and each.channel.pool in store.groups
    )

    def read(tx: Tx) -> list[str]:
        levels = list_levels(tx, sku=None, location_id=store.id, after=None, limit=LEVELS_MAX)
        mine = [each.key.sku for each in levels if each.free >= SPARE]
        items = find_items(tx, mine)
        return [sku for sku in mine if not items[sku].components]

    return Floor(
        services=services,
        store=store,
        channel=view.channel.code,
        channel_id=view.channel.id,
        skus=services.database.read(read),
    )


def place(floor: Floor) -> dict[str, str]:
    """Orders for this store, through the same intake as any client; their numbers by what for."""
    answers: dict[str, Future[Answered]] = {}
    for nth, (name, service) in enumerate(ORDERS.items()):
        body = {
            "external_id": f"FLOOR-{nth + 1}",
            "channel": floor.channel,
            "customer": {"name": SHOPPERS[nth], "email": f"floor-{nth + 1}@example.com"},
            "lines": [
                {
                    "sku": floor.skus[nth],
                    "quantity": 1,
                    "unit_price": {"amount": TO_PAY_CENTS, "currency": "EUR"},
                }
            ],
            "deliveries": [{"service": service, "location": floor.store.code}],
            "on_shortage": "refuse",
        }
        key = Key(
            SYSTEM.client_id,
            f"demo-floor-{nth + 1}",
            idempotency.digest("POST", "/v1/orders", body),
        )
        request = request_of(msgspec.convert(body, OrderAsked))
        answers[name] = Future()
        floor.services.intake.submit(Asked(request=request, key=key, by=person()), answers[name])
    told = {name: each.result(SECONDS_MAX).answer for name, each in answers.items()}
    return {
        name: msgspec.json.decode(each.body)["number"]
        for name, each in told.items()
        if each.status == CREATED
    }


def find_placed(floor: Floor, number: str) -> tuple[Fulfillment, ...]:
    order = floor.database.read(lambda tx: find_by_number(tx, number))
    return tuple(order.fulfillments)


def pick_all(floor: Floor, by: Actor, work: Fulfillment) -> None:
    code = pickup_code(clock.new_secret())
    for row in work.lines:
        wanted = Wanted(line_id=row.line_id, sku=row.sku, quantity=row.quantity)
        request = PickRequest(fulfillment_id=work.id, picked=wanted, pickup_code=code)
        floor.database.transact(lambda tx, asked=request: pick(tx, by, asked, clock.now()))  # type: ignore[misc]


def tell_of_waiting(floor: Floor, by: Actor, work: Fulfillment) -> None:
    """It lies on a shelf, somebody else comes for it, and it is paid at the till."""
    shelf = ShelfRequest(fulfillment_id=work.id, shelf="C-12")
    agreed = AgreeRequest(
        order_id=work.order_id,
        delivery=work.delivery,
        collector=Collector(name="Marco Galli"),
        to_pay=TO_PAY_CENTS,
        currency="EUR",
    )
    floor.database.transact(lambda tx: shelve(tx, by, shelf, clock.now()))
    floor.database.transact(lambda tx: agree(tx, by, agreed, clock.now()))


def turn_down(floor: Floor, by: Actor, work: Fulfillment) -> None:
    """The store does not have it: its customer is asked what happens instead."""
    request = RejectRequest(fulfillment_id=work.id, reason=Reason.DAMAGED)
    floor.database.transact(lambda tx: reject(tx, by, request, clock.now()))


def call_off(floor: Floor, by: Actor, work: Fulfillment) -> None:
    """Its customer changed their mind when it was picked: it waits to be put back."""
    request = CancelRequest(
        order_id=work.order_id,
        reason=CancelReason.CUSTOMER,
        pickup_code=pickup_code(clock.new_secret()),
        new_id=floor.services.new_id,
    )
    floor.database.transact(lambda tx: cancel(tx, by, request, clock.now()))


def keep_for_visitors(floor: Floor, by: Actor, now: datetime) -> None:
    """One visitor's things wait on their shelf, another one's have to be found."""
    new_id = floor.services.new_id
    for nth, shelf in ((len(ORDERS), "R2"), (len(ORDERS) + 1, None)):
        request = ReserveRequest(
            id=new_id(),
            channel_id=floor.channel_id,
            location_id=floor.store.id,
            customer=CustomerRequest(name=SHOPPERS[nth], email=f"floor-{nth + 1}@example.com"),
            units={floor.skus[nth]: 1},
            code=pickup_code(clock.new_secret()),
            answer_by=now + ANSWER_WITHIN,
            new_id=new_id,
        )
        kept = AsideRequest(reservation_id=request.id, shelf=shelf, new_id=new_id)
        floor.database.transact(lambda tx, asked=request: reserve(tx, by, asked, now))  # type: ignore[misc]
        if shelf is not None:
            floor.database.transact(lambda tx, asked=kept: keep_for_visit(tx, by, asked, now))  # type: ignore[misc]


def ask_carrier(floor: Floor, by: Actor, now: datetime) -> None:
    """One of its carriers was asked to come this afternoon, or in the night to come."""
    carrier = min(each.carrier for each in floor.services.snapshot().delivery.services)
    request = PickupRequest(
        id=floor.services.new_id(),
        location_id=floor.store.id,
        carrier=carrier,
        starts_at=now + timedelta(hours=2),
        ends_at=now + timedelta(hours=4),
    )
    floor.database.transact(lambda tx: book_pickup(tx, by, request, now))
