"""How sure stock is: learned from what nobody found, shown, and heeded by who wants to be sure."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL

from ovunque.fulfillment.model import Reason
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_channel, find_location
from ovunque.network.model import Channel, ChannelRequest, Location, LocationRequest
from ovunque.network.rules import confidence_ppm
from ovunque.network.saving import save_channel, save_location
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.sourcing.learning import learn_confidence
from ovunque.sourcing.selling import available, reach_of

STOCK = {("L001", "COAT"): 40, ("L002", "COAT"): 5, ("L001", "HAT"): 7, ("L002", "HAT"): 3}
SECONDS_MAX = 10


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def place(shop: Shop, code: str) -> Location:
    return shop.database.read(lambda tx: find_location(tx, code))


def look_for_nine_of_which_four_are_missing(shop: Shop) -> None:
    """At L001, the cheaper one: what is damaged was there, and is no doubt."""
    plain, damaged, missing = (shop.order([("COAT", units)]) for units in (2, 2, 6))
    for order, found in ((plain, 2), (damaged, 1), (missing, 2)):
        shop.take(order)
        shop.pick(order, at="L001", sku="COAT", quantity=found)
    shop.short(damaged, "COAT", 1, Reason.DAMAGED)
    shop.short(missing, "COAT", 4, Reason.FEWER)
    shop.settle()


def save_as(shop: Shop, code: str, **told: object) -> None:
    before = place(shop, code)
    names = LocationRequest.__dataclass_fields__
    asked = replace(LocationRequest(**{each: getattr(before, each) for each in names}), **told)  # type: ignore[arg-type]
    shop.transact(lambda tx, by: save_location(tx, by, asked, shop.now, shop.services.new_id))


def demand(shop: Shop, percent: int) -> Channel:
    before = shop.database.read(lambda tx: find_channel(tx, CHANNEL))
    names = ChannelRequest.__dataclass_fields__
    asked = ChannelRequest(**{each: getattr(before, each) for each in names})
    asked = replace(asked, confidence_percent_min=percent)
    return shop.transact(lambda tx, by: save_channel(tx, by, asked, shop.now, shop.services.new_id))


def promised(shop: Shop) -> int:
    snapshot = shop.services.snapshot()
    reach = reach_of(snapshot.network.channels[CHANNEL], snapshot.network, None)
    return available(snapshot, reach, "HAT", shop.now)


def test_doubtful_stock_is_not_promised_to_who_wants_to_be_sure(shop: Shop) -> None:
    look_for_nine_of_which_four_are_missing(shop)
    assert shop.database.transact(lambda tx: learn_confidence(tx, TESTER, shop.now)) == 1
    assert shop.database.transact(lambda tx: learn_confidence(tx, TESTER, shop.now)) == 0
    doubted = place(shop, "L001")
    assert (doubted.asked_units, doubted.missing_units) == (9, 4)
    assert confidence_ppm("store", 9, 4) == 877_551, "(40 - 2 + 5) of (40 + 9)"

    demand(shop, 87)
    assert wait_until(lambda: promised(shop) == 10, SECONDS_MAX), "sure enough"
    demand(shop, 88)
    assert wait_until(lambda: promised(shop) == 3, SECONDS_MAX), "only what L002 has"
    order = shop.order([("HAT", 2)])
    assert [shop.at(work) for work in shop.live(order)] == ["L002"]

    shop.pass_time(days=181)
    assert shop.database.transact(lambda tx: learn_confidence(tx, TESTER, shop.now)) == 1
    assert place(shop, "L001").asked_units == 0, "what is long ago says nothing of today"


def test_what_an_owner_takes_for_a_unit_is_part_of_what_a_plan_costs(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    assert [shop.at(work) for work in shop.live(order)] == ["L001"], "a cent cheaper"
    save_as(shop, "L001", unit_cents=1)
    assert wait_until(
        lambda: shop.services.snapshot().network.by_code["L001"].unit_cents == 1, SECONDS_MAX
    )
    again = shop.order([("COAT", 3)])

    (work,) = shop.live(again)
    assert shop.at(work) == "L002", "three units at a cent more each"
