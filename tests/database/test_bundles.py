"""Bundles: sold as one line, kept and claimed as their parts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.database.test_placing import IN_MILAN, WORLD, asking, body, place, units
from tests.factories import TESTER
from tests.worlds import CHANNEL, asked, build, order_request

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.orders.model import OnShortage
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings
from ovunque.promise.model import CartLine, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.protecting import save_protections


@pytest.fixture
def house(database: Database, new_id: NewId) -> Iterator[Services]:
    build(database, WORLD, TESTER, new_id, now())
    with furnish(Settings(), database) as services:
        yield services
    assert check_now(database) == ()


def know_set(house: Services) -> None:
    bundle = ItemRequest(
        sku="SET",
        product="SET",
        titles={"en": "Hat and belt"},
        weight_g=800,
        components=(("HAT", 1), ("BELT", 2)),
    )
    house.database.transact(lambda tx: save_items(tx, TESTER, [bundle], now()))
    assert wait_until(lambda: "SET" in house.snapshot().catalog.items, seconds=10)


def test_of_a_bundle_there_are_as_many_as_its_scarcest_part_makes_unprotected(
    house: Services,
) -> None:
    """Six hats and four belts make two sets; of the hats every place keeps four: one is left."""
    know_set(house)
    kept = ProtectionRequest(code="hats", kind="buffer", units=4, sku="HAT")
    house.database.transact(lambda tx: save_protections(tx, TESTER, [kept], now()))
    assert wait_until(lambda: bool(house.snapshot().kept.book.rules), seconds=10)
    line = CartLine(sku="SET", quantity=2)
    cart = PromiseRequest(channel=CHANNEL, lines=(line,), address=IN_MILAN, services=("home",))
    snapshot, prices = house.snapshot(), house.promises.prices
    promised = quote(snapshot, snapshot_shelf(snapshot, now()), prices, cart, now())

    assert promised.options == ()
    (two,) = place(house, asked(TESTER, "k1", [("SET", 2)]))
    assert body(two)["lines"] == [{"sku": "SET", "available": 1}]
    (one, another) = place(house, *(asked(TESTER, key, [("SET", 1)]) for key in ("k2", "k3")))
    assert (one.answer.status, another.answer.status) == (201, 409)
    assert units(house) == {"COAT": 0, "HAT": 1, "BELT": 2}


def test_a_bundle_takes_its_parts_and_counts_as_one(house: Services) -> None:
    know_set(house)

    (answered,) = place(house, asked(TESTER, "k1", [("SET", 2)]))
    request = replace(order_request([("SET", 1)], "b"), on_shortage=OnShortage.PARTIAL)
    (none_left,) = place(house, asking(request, "k2"))

    assert [line["reserved"] for line in body(answered)["lines"]] == [2]
    assert units(house) == {"COAT": 0, "HAT": 2, "BELT": 4}
    assert [line["canceled"] for line in body(none_left)["lines"]] == [1]
    assert body(none_left)["status"] == "canceled"
