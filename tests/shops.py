"""A house that takes orders and works on them: a small network with a hand on its clock."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from tests.factories import TESTER
from tests.worlds import World, asked, build, order_request, place_id

from ovunque.access.model import Actor
from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.orders.listing import find_order
from ovunque.orders.model import DeliveryRequest, OnShortage, Order, Service
from ovunque.orders.placing import Answered
from ovunque.platform import journal
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.journal import Entry
from ovunque.platform.settings import Settings
from ovunque.worker import Sweeper, handle, sweepers

Cart = Sequence[tuple[str, int]]


@dataclass
class Shop:
    """Orders come in through the real intake; time passes when a test says so."""

    database: Database
    services: Services
    now: datetime = field(default_factory=now)
    orders: int = 0

    def order(self, cart: Cart, collect_at: str | None = None) -> Order:
        """An order that was accepted, as it stands."""
        self.orders += 1
        request = replace(
            order_request(cart, f"buyer-{self.orders}"), on_shortage=OnShortage.ACCEPT
        )
        if collect_at is not None:
            delivery = DeliveryRequest(service=Service.COLLECT, location=collect_at)
            request = replace(request, deliveries=(delivery,))
        asking = replace(asked(TESTER, f"order-{self.orders}", cart), request=request)
        answer: Future[Answered] = Future()
        self.services.intake.submit(asking, answer)
        body = json.loads(answer.result(30).answer.body)
        self.now = max(self.now, now())
        return self.read(parse_public_id("ord", body["id"]))

    def read(self, order_id: UUID) -> Order:
        return self.database.read(lambda tx: find_order(tx, order_id))

    def work(self, order: Order) -> Fulfillment:
        """The one fulfillment of an order that is live."""
        (work,) = self.live(order)
        return work

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
        yield Shop(database=database, services=services)


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


PLANNED, OFFERED, ACCEPTED = (
    FulfillmentState.PLANNED,
    FulfillmentState.OFFERED,
    FulfillmentState.ACCEPTED,
)
