"""Labels and visits through EasyPost: its own client against a server that loses its answers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.database.test_changing_carrier import change
from tests.database.test_fulfillment_parcels import STOCK, picked
from tests.easypost import EasyPost, easypost
from tests.factories import TESTER
from tests.shops import Shop, open_shop

from ovunque.fulfillment.booking import (
    PickupRequest,
    book_pickup,
    cancel_pickup,
    list_pickups,
    list_troubles,
)
from ovunque.fulfillment.labeling import find_label
from ovunque.fulfillment.model import ParcelState
from ovunque.integrations.carriers.easypost import EasyPostCarrier
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database


@pytest.fixture
def theirs() -> Iterator[EasyPost]:
    with easypost() as house:
        yield house


@pytest.fixture
def shop(database: Database, new_id: NewId, theirs: EasyPost) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        opened.seller = EasyPostCarrier("UPS", key="EZTK-test", url=theirs.url)
        yield opened
    assert check_now(database) == ()


def test_one_label_is_paid_whatever_gets_lost_and_given_back_once(
    shop: Shop, theirs: EasyPost
) -> None:
    parcel = shop.pack(picked(shop))
    theirs.answers_lost = 1
    shop.label()
    assert shop.parcel(parcel).state == ParcelState.OPEN
    shop.pass_time(minutes=10)
    shop.label()
    assert (shop.parcel(parcel).tracking, theirs.sold) == ("1Z00000001", 1)
    content = shop.database.read(lambda tx: find_label(tx, TESTER, parcel.id))
    assert content == ("application/pdf", b"%PDF-1.4 label")
    (sold,) = theirs.kept.values()
    assert sold["options"]["print_custom_1"] == parcel.sscc
    assert theirs.keys == {"Bearer EZTK-test"}

    change(shop, parcel)
    theirs.refuses = True
    shop.label()
    assert theirs.sold == 0


def test_a_visit_is_booked_once_and_called_off(shop: Shop, theirs: EasyPost) -> None:
    """Nobody comes for nothing: the first call is refused, and told so."""
    request = PickupRequest(
        id=shop.services.new_id(),
        location_id=shop.location("L000"),
        carrier="gls",
        starts_at=shop.now + timedelta(hours=1),
        ends_at=shop.now + timedelta(hours=9),
    )
    shop.transact(lambda tx, by: book_pickup(tx, by, request, shop.now))
    shop.label()
    (pickup,) = shop.database.read(
        lambda tx: list_pickups(tx, location_id=None, since=shop.now, after=None, limit=9)
    )
    troubles = shop.database.read(lambda tx: list_troubles(tx, [pickup]))
    assert "no parcel has a label" in troubles[pickup.id]

    order = picked(shop)
    shop.pack(order, ("COAT", 1))
    shop.pack(order)
    shop.label()
    theirs.answers_lost = 1
    for _ in range(3):
        shop.pass_time(minutes=30)
        shop.label()
    (pickup,) = shop.database.read(
        lambda tx: list_pickups(tx, location_id=None, since=shop.now, after=None, limit=9)
    )
    assert (pickup.confirmation, theirs.visits) == ("PRG0001", 1)
    booked = next(e for e in theirs.kept.values() if e["object"] == "Pickup")
    assert booked["batch"]["id"].startswith("bat_")
    shop.transact(lambda tx, by: cancel_pickup(tx, by, pickup.id, shop.now))
    shop.label()
    assert theirs.visits == 0
