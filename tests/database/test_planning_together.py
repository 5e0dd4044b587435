"""Orders that arrive together: planned as each would be by itself, and failing alone."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from tests.factories import NOW, TESTER
from tests.worlds import CHANNEL, World, asked, build, order_request, place_code

from ovunque.app import answer_in_loop, furnish
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.delivery.model import Service
from ovunque.kernel.ids import NewId
from ovunque.orders import receiving
from ovunque.orders.drafting import draft
from ovunque.orders.model import DeliveryRequest, Draft, OnShortage, OrderRequest
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Intake
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings
from ovunque.sourcing import batching
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.batching import Plans, plan_all
from ovunque.sourcing.planning import Shelf, Wish, plan, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

SKUS = ["BOOT", "COAT", "HAT", "OVEN", "RARE", "SET"]
PLACES = 24  # More than a record keeps with figures.


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
def shops(database: Database, new_id: NewId, chance: random.Random) -> Database:
    """Some places have everything, some nothing; an oven is too heavy to go with much else."""
    places = [place_code(nth) for nth in range(PLACES)]
    stock = {
        (place, sku): chance.choice([0, 1, 3, 50])
        for place in places
        for sku in SKUS[:5]
        if chance.random() < (0.1 if sku == "RARE" else 0.9)
    }
    world = World(locations=PLACES, skus=SKUS[:5], stock=stock)
    build(database, world, TESTER, new_id, NOW)
    items = [
        ItemRequest(sku="OVEN", product="OVEN", titles={"en": "Oven"}, weight_g=14_000),
        ItemRequest(
            sku="SET",
            product="SET",
            titles={"en": "Set"},
            weight_g=800,
            components=(("COAT", 1), ("HAT", 2)),
        ),
    ]
    database.transact(lambda tx: save_items(tx, TESTER, items, NOW))
    return database


def request_of(chance: random.Random) -> OrderRequest:
    skus = chance.choices(SKUS, k=chance.randint(1, 4))
    request = order_request([(sku, chance.choice([1, 1, 2, 5])) for sku in skus], "b")
    (home,) = request.deliveries
    assert home.address is not None
    delivery = chance.choice(
        [
            home,
            replace(home, address=replace(home.address, postal_code="00184", city="Roma")),
            replace(home, service=Service.EXPRESS),
            DeliveryRequest(service=Service.COLLECT, location=place_code(chance.randrange(PLACES))),
        ]
    )
    shortage = chance.choice([OnShortage.REFUSE, OnShortage.REFUSE, OnShortage.PARTIAL])
    return replace(request, deliveries=(delivery,), on_shortage=shortage)


def test_together_is_as_one_by_one(
    shops: Database, new_id: NewId, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = shops.read(sourcing_snapshot.load)
    shelf = snapshot_shelf(snapshot, NOW, [sku for sku in SKUS if sku != "SET"])
    wishes = []
    for _ in range(300):
        request = request_of(chance)
        drafted = draft(request, snapshot, snapshot_shelf(snapshot, NOW), new_id)
        whole = request.on_shortage == OnShortage.REFUSE
        channel = snapshot.network.channels[CHANNEL]
        wishes.append(Wish(channel=channel, needs=drafted.needs, whole=whole, now=NOW))
    alone = [plan(snapshot, snapshot_shelf(snapshot, NOW), wish) for wish in wishes]

    one_by_one: list[Wish] = []

    def counted(places: Snapshot, at: Shelf, wish: Wish) -> Plans:
        one_by_one.append(wish)
        return plan(places, at, wish)

    monkeypatch.setattr(batching, "plan", counted)
    together = plan_all(snapshot, shelf, wishes)

    assert together == alone
    assert 30 < len(one_by_one) < 250, "both ways are taken"
    assert None in alone


def test_who_arrives_with_an_order_at_fault_does_not_notice(
    shops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one handful in one turn of the loop, one of them with a request that breaks us."""

    def drafted(request: OrderRequest, *rest: Any) -> Draft:
        if request.notes == "poison":
            raise ValueError("poison")
        return draft(request, *rest)

    monkeypatch.setattr("ovunque.orders.receiving.draft", drafted)
    asking = [asked(TESTER, f"g{nth}", [("COAT", 1)]) for nth in range(receiving.HANDFUL + 4)]
    asking[3] = replace(asking[3], request=replace(asking[3].request, notes="poison"))

    async def all_at_once(intake: Intake) -> list[Answered | BaseException]:
        loop = asyncio.get_running_loop()
        promises: list[asyncio.Future[Answered]] = [loop.create_future() for _ in asking]
        for each, promise in zip(asking, promises, strict=True):
            intake.gather(each, promise)
        return await asyncio.gather(*promises, return_exceptions=True)

    with furnish(Settings(), shops, answer_in_loop) as services:
        told = asyncio.run(all_at_once(services.intake))
    assert [nth for nth, each in enumerate(told) if isinstance(each, ValueError)] == [3]
    assert sum(isinstance(each, Answered) for each in told) == len(asking) - 1
