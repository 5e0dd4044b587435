"""A location pauses: what could leave from elsewhere goes there, and it opens again by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.fulfillment.model import OfferState
from ovunque.fulfillment.store.offering import list_offers
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.listing import find_location
from ovunque.network.model import Location, LocationRequest
from ovunque.network.saving import save_location
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

STOCK = {("L001", "COAT"): 40, ("L002", "COAT"): 40}
SECONDS_MAX = 10


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def place(shop: Shop, code: str = "L001") -> Location:
    return shop.database.read(lambda tx: find_location(tx, code))


def save(shop: Shop, **told: object) -> None:
    """And wait until everybody knows."""
    before = place(shop)
    names = LocationRequest.__dataclass_fields__
    asked = replace(LocationRequest(**{each: getattr(before, each) for each in names}), **told)  # type: ignore[arg-type]
    shop.transact(lambda tx, by: save_location(tx, by, asked, shop.now, shop.services.new_id))
    heard(shop)


def heard(shop: Shop) -> None:
    stands = place(shop)
    assert wait_until(
        lambda: shop.services.snapshot().network.by_code["L001"] == stands, SECONDS_MAX
    )


def accept_at_once(shop: Shop, fulfillment_id: UUID) -> None:
    shop.database.transact(lambda tx: accept(tx, TESTER, fulfillment_id, shop.now))


def test_work_goes_elsewhere_and_customers_still_come(shop: Shop) -> None:
    offered, accepted, picking = (shop.order([("COAT", 2)]) for _ in range(3))
    fetched = shop.order([("COAT", 1)], collect_at="L001")
    shop.settle()
    for order in (accepted, picking, fetched):
        accept_at_once(shop, shop.work(order).id)
    shop.pick(picking, quantity=1)
    works = [shop.work(order) for order in (offered, accepted, picking, fetched)]
    assert {shop.at(work) for work in works} == {"L001"}, "it is the cheapest"

    save(shop, state="paused", pause_reason="Stocktaking")
    assert shop.sweep("locations.move_work") == 3, "orders, each with one work of it"
    assert shop.sweep("locations.move_work") == 0
    (offer,) = shop.database.read(lambda tx: list_offers(tx, [works[0].id]))
    assert (offer.state, offer.reason) == (OfferState.WITHDRAWN, "pause")
    shop.settle()
    for order in (offered, accepted, picking):
        assert [shop.at(work) for work in shop.live(order)] == ["L002"]
        assert "fulfillment.withdrawn" in shop.story(order)
    assert shop.work(fetched).state == State.ACCEPTED, "who comes for it is served"

    late = shop.order([("COAT", 1)])
    assert [shop.at(work) for work in shop.live(late)] == ["L002"], "nothing more is sold from it"


def test_a_pause_ends_by_itself_unless_it_was_prolonged(shop: Shop) -> None:
    soon, later = shop.now + timedelta(minutes=30), shop.now + timedelta(hours=2)
    save(shop, state="paused", paused_until=soon)
    assert shop.sweep("locations.resume") == 0
    save(shop, state="paused", paused_until=later)
    shop.pass_time(minutes=45)
    assert shop.sweep("locations.resume") == 0
    shop.pass_time(hours=2)
    assert shop.sweep("locations.resume") == 1
    assert shop.sweep("locations.resume") == 0
    assert (place(shop).state, place(shop).paused_until) == ("open", None)
    heard(shop)
    assert [shop.at(work) for work in shop.live(shop.order([("COAT", 1)]))] == ["L001"]


def test_what_is_said_of_a_pause_belongs_to_one(shop: Shop) -> None:
    for told in ({"paused_until": shop.now}, {"pause_reason": "Rain"}):
        with pytest.raises(Refusal) as refused:
            save(shop, **told)
        assert [each.code for each in refused.value.errors] == ["contradiction"]
