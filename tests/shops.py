"""A house that takes orders and works on them: a small network with a hand on its clock."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from tests.factories import TESTER
from tests.fakes import FakeCarrier
from tests.worlds import World, asked, build, order_request, place_id

from ovunque.access.model import Actor
from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.delivery.model import Service
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.labeling import find_parcel
from ovunque.fulfillment.manifesting import Closed, ManifestRequest, close_manifest
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentState,
    Heard,
    Parcel,
    ParcelState,
    Reason,
    Wanted,
    Word,
)
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.picking_short import ShortRequest, pick_short
from ovunque.fulfillment.ports import Carrier, Counter
from ovunque.fulfillment.tracking import TrackRequest, track
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.orders.addressing import address_of, describe
from ovunque.orders.listing import find_order, list_orders
from ovunque.orders.model import DeliveryRequest, OnShortage, Order, OrderStatus
from ovunque.orders.placing import Answered
from ovunque.platform import journal
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.jobs import Work, run_due
from ovunque.platform.journal import Entry
from ovunque.platform.settings import Settings
from ovunque.sweeping import Sweeper, handle, sweepers
from ovunque.worker import PATIENCE, carrier_runners

CODE = "123456"  # That customers say when they fetch their goods.

T = TypeVar("T")
Cart = Sequence[tuple[str, int]]


@dataclass
class Shop:
    """Orders come in through the real intake; time passes when a test says so."""

    database: Database
    services: Services
    now: datetime = field(default_factory=now)
    orders: int = 0
    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    seller: Carrier | None = None  # Of labels and visits, instead of the fake one.

    def order(self, cart: Cart, collect_at: str | None = None, **more: Any) -> Order:
        """An order that was accepted, as it stands."""
        return self._accepted([self._submit(cart, collect_at, more)])[0]

    def order_many(self, count: int, cart: Cart, collect_at: str | None = None) -> list[Order]:
        """That many shoppers at the same moment, who all want the same."""
        return self._accepted([self._submit(cart, collect_at, {}) for _ in range(count)])

    def _accepted(self, answers: list[Future[Answered]]) -> list[Order]:
        bodies = [json.loads(answer.result(30).answer.body) for answer in answers]
        self.now = max(self.now, now())
        return [self.read(parse_public_id("ord", body["id"])) for body in bodies]

    def _submit(
        self, cart: Cart, collect_at: str | None, more: Mapping[str, Any]
    ) -> Future[Answered]:
        self.orders += 1
        request = replace(
            order_request(cart, f"buyer-{self.orders}"), on_shortage=OnShortage.ACCEPT, **more
        )
        if collect_at is not None:
            delivery = DeliveryRequest(service=Service.COLLECT, location=collect_at)
            request = replace(request, deliveries=(delivery,))
        asking = replace(asked(TESTER, f"order-{self.orders}", cart), request=request)
        answer: Future[Answered] = Future()
        self.services.intake.submit(asking, answer)
        return answer

    def read(self, order_id: UUID) -> Order:
        return self.database.read(lambda tx: find_order(tx, order_id))

    def work(self, order: Order, at: str | None = None) -> Fulfillment:
        """The one fulfillment of an order that is live, or that is at a location."""
        (work,) = (each for each in self.live(order) if at in (None, self.at(each)))
        return work

    def listed(self, status: OrderStatus) -> tuple[Order, ...]:
        """The orders that a list shows under a status, newest first."""
        return self.database.read(
            lambda tx: list_orders(tx, channel_id=None, status=status, before=None, limit=10_000)
        )

    def live(self, order: Order) -> list[Fulfillment]:
        return [work for work in self.read(order.id).fulfillments if work.is_live]

    def at(self, work: Fulfillment) -> str:
        network = self.services.snapshot().network
        return network.locations[network.position_of[work.location_id]].code

    def location(self, code: str) -> UUID:
        return self.database.read(lambda tx: place_id(tx, code))

    def pass_time(self, **parts: int) -> None:
        self.now += timedelta(**parts)

    def sweep(self, *names: str) -> int:
        """One round of all sweepers, or of those named."""
        return sum(
            self._sweep(each)
            for each in sweepers(self.services.snapshot, self.services.new_id)
            if not names or each.name in names
        )

    def _sweep(self, sweeper: Sweeper) -> int:
        due = self.database.read(lambda tx: sweeper.list_due(tx, self.now, 100))
        return handle(self.database, sweeper, due, self.now) if due else 0

    def settle(self) -> None:
        """Sweep until nothing is due any more."""
        for _ in range(20):
            if not self.sweep():
                return
        raise AssertionError("the sweepers never come to rest")

    def take(self, order: Order, by: Actor = TESTER) -> Fulfillment:
        """The work of an order, offered and accepted."""
        self.settle()
        work = self.work(order)
        if work.state == FulfillmentState.OFFERED:
            self.database.transact(lambda tx: accept(tx, by, work.id, self.now))
        return self.work(order)

    def pick(self, order: Order, at: str | None = None, **wanted: Any) -> Fulfillment:
        """Units of the only work of an order, picked; all that is left, unless told."""
        work = self.work(order, at)
        if "quantity" in wanted:
            wants = [Wanted(line_id=None, sku=wanted.get("sku"), quantity=wanted["quantity"])]
        else:
            wants = [
                Wanted(line_id=row.line_id, sku=row.sku, quantity=row.quantity - row.picked)
                for row in work.lines
            ]
        for want in wants:
            request = PickRequest(fulfillment_id=work.id, picked=want, pickup_code=CODE)
            self._pick(request)
        return self.work(order, at)

    def _pick(self, request: PickRequest) -> None:
        self.transact(lambda tx, by: pick(tx, by, request, self.now))

    def short(self, order: Order, sku: str, quantity: int, reason: Reason) -> None:
        """Units of the only work of an order that are not there."""
        request = ShortRequest(
            fulfillment_id=self.work(order).id,
            missing=Wanted(line_id=None, sku=sku, quantity=quantity),
            reason=reason,
            pickup_code=CODE,
            new_id=self.services.new_id,
        )
        self.transact(lambda tx, by: pick_short(tx, by, request, self.now))

    def pack(self, order: Order, *contents: tuple[str, int], at: str | None = None) -> Parcel:
        """A parcel with these units by sku; with all that is left, unless told."""
        request = PackRequest(
            fulfillment_id=self.work(order, at).id,
            weight_g=1_000,
            contents=[Wanted(line_id=None, sku=sku, quantity=n) for sku, n in contents] or None,
            company_prefix="9521234",
            new_id=self.services.new_id,
        )
        return self.transact(lambda tx, by: pack(tx, by, request, self.now))

    def label(self) -> None:
        """Every label that waits to be bought is bought."""
        runners = carrier_runners(self.counter)
        work = Work(runners=runners, jitter=lambda: 0.5, patience=PATIENCE)
        while run_due(self.database, work, self.now):
            pass

    @property
    def counter(self) -> Counter:
        return Counter(
            carrier_of=lambda _: self.seller or self.carrier,
            describe=lambda tx, parcel: describe(tx, self.services.snapshot(), parcel),
            address_of=lambda id_: address_of(self.services.snapshot(), id_),
            services_of=lambda _: [e.id for e in self.services.snapshot().delivery.services],
        )

    def hand_over(self, code: str, *parcels: Parcel) -> Closed:
        """The carrier is at a location, and takes these parcels, or all."""
        snapshot = self.services.snapshot()
        request = ManifestRequest(
            id=self.services.new_id(),
            location_id=self.location(code),
            carrier="gls",
            service_ids=[each.id for each in snapshot.delivery.services],
            parcel_ids=[parcel.id for parcel in parcels] or None,
        )
        return self.transact(lambda tx, by: close_manifest(tx, by, request, self.now))

    def tell(self, *words: tuple[Parcel, ParcelState, int]) -> list[Heard]:
        """What the carrier says of parcels, each so many minutes after now."""
        snapshot = self.services.snapshot()
        request = TrackRequest(
            carrier="gls",
            service_ids=[each.id for each in snapshot.delivery.services],
            words=[
                Word(
                    id=f"{parcel.id}-{state}-{minutes}",
                    tracking=self.parcel(parcel).tracking or "none",
                    kind=state,
                    occurred_at=self.now + timedelta(minutes=minutes),
                )
                for parcel, state, minutes in words
            ],
        )
        heard = self.transact(lambda tx, by: track(tx, by, request, self.now))
        return [each.heard for each in heard]

    def parcel(self, parcel: Parcel) -> Parcel:
        return self.database.read(lambda tx: find_parcel(tx, TESTER, parcel.id))

    def transact(self, work: Callable[[Tx, Actor], T]) -> T:
        return self.database.transact(lambda tx: work(tx, TESTER))

    def story(self, order: Order) -> list[str]:
        return [entry.kind for entry in self.facts(order)]

    def facts(self, order: Order) -> tuple[Entry, ...]:
        return self.database.read(lambda tx: journal.list_of_order(tx, order.id))

    def level(self, code: str, sku: str) -> tuple[int, int, int]:
        """On hand, unavailable and reserved."""
        row = self.database.read(
            lambda tx: tx.execute(
                "select on_hand, unavailable, reserved from stock_level "
                "where sku = %s and location_id = %s",
                [sku, place_id(tx, code)],
            ).fetchone()
        )
        assert row is not None
        return row[0], row[1], row[2]

    def aside(self, code: str, sku: str) -> dict[str, int]:
        """Units out of sale, by reason."""
        rows = self.database.read(
            lambda tx: tx.execute(
                "select reason, quantity from stock_unavailable "
                "where sku = %s and location_id = %s",
                [sku, place_id(tx, code)],
            ).fetchall()
        )
        return dict(rows)


@contextmanager
def open_shop(
    database: Database, new_id: NewId, stock: Mapping[tuple[str, str], int], locations: int = 4
) -> Iterator[Shop]:
    """A network with this stock by (location, sku); `L000` is the warehouse, others are stores."""
    skus = sorted({sku for _, sku in stock})
    build(database, World(locations=locations, skus=skus, stock=stock), TESTER, new_id, now())
    with furnish(Settings(), database) as services:
        shop = Shop(database=database, services=services)
        yield shop
    lists_say_what_orders_say(shop)


def lists_say_what_orders_say(shop: Shop) -> None:
    """Lists filter by a status that SQL derives, an order by one of its own: they are the same."""
    seen = 0
    for status in OrderStatus:
        found = shop.listed(status)
        assert {order.status for order in found} <= {status}
        seen += len(found)
    every = shop.database.read(
        lambda tx: tx.execute("select count(*) from customer_order").fetchone()
    )
    assert every == (seen,)


def moved(shop: Shop, order: Order) -> list[tuple[str | None, str]]:
    """Every step that the journal tells of an order's fulfillments, in order."""
    return [
        (before, after)
        for entry in shop.facts(order)
        for _, before, after in entry.body.get("moved", ())
    ]


def associate(shop: Shop, code: str, name: str = "ada") -> Actor:
    """Somebody who works at a location."""
    return replace(TESTER, name=name, location_id=shop.location(code))


def wait_for_stock(shop: Shop, sku: str) -> None:
    """The snapshot knows an item."""
    assert wait_until(lambda: sku in shop.services.snapshot().catalog.items, seconds=10)
