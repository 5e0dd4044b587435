"""Parcels: packed, labeled once, handed over with their units, followed to their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from tests.factories import TESTER
from tests.shops import Shop, associate, moved, open_shop

from ovunque.fulfillment import manifesting
from ovunque.fulfillment.booking import PickupRequest, book_pickup, list_pickups
from ovunque.fulfillment.labeling import (
    LabelRequest,
    find_label,
    find_parcel,
    label,
    label_by_hand,
    list_troubles,
    try_again,
)
from ovunque.fulfillment.manifesting import ManifestRequest, close_manifest
from ovunque.fulfillment.model import FulfillmentState, Heard, Parcel, ParcelState
from ovunque.fulfillment.ports import Label
from ovunque.fulfillment.unpacking import unpack
from ovunque.kernel.gs1 import check_digit
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform import journal
from ovunque.platform.database import Database

STOCK = {("L000", "COAT"): 9, ("L000", "HAT"): 9, ("L001", "BELT"): 9}
S = ParcelState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def picked(shop: Shop, *cart: tuple[str, int]) -> Order:
    order = shop.order(cart or [("COAT", 2), ("HAT", 1)])
    shop.take(order)
    shop.pick(order)
    return order


def shipped(shop: Shop, *cart: tuple[str, int]) -> tuple[Order, Parcel]:
    order = picked(shop, *cart)
    parcel = shop.pack(order)
    shop.label()
    shop.hand_over("L000")
    return order, parcel


def test_one_parcel_takes_all_and_waits_for_its_label(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    assert shop.work(order).state == FulfillmentState.PACKED
    assert (parcel.sscc[1:8], parcel.sscc[-1]) == ("9521234", check_digit(parcel.sscc[:-1]))
    shop.label()

    assert shop.work(order).state == FulfillmentState.READY
    assert shop.parcel(parcel).tracking == "FAKE000001"
    assert moved(shop, order)[-2:] == [("picked", "packed"), ("packed", "ready")]
    told = shop.carrier.shipments[0]
    assert (told.carrier, told.recipient.city, told.reference) == ("gls", "Milano", order.number)
    assert told.recipient.name == "buyer-1", "an address without a name is the customer's"
    assert shop.database.read(lambda tx: find_label(tx, TESTER, parcel.id))[0] == "application/pdf"


def test_a_line_may_be_spread_over_parcels(shop: Shop) -> None:
    order = picked(shop)
    first = shop.pack(order, ("COAT", 1))
    assert shop.work(order).state == FulfillmentState.PICKED
    assert check_now(shop.database) == ()
    second = shop.pack(order)
    rows = {(row.sku, row.quantity, row.parcel_id == first.id) for row in shop.work(order).lines}
    assert rows == {("COAT", 1, True), ("COAT", 1, False), ("HAT", 1, False)}
    shop.label()

    shop.hand_over("L000", second)
    assert shop.work(order).state == FulfillmentState.READY, "one is still here"
    assert shop.level("L000", "COAT") == (8, 0, 1)
    assert check_now(shop.database) == ()
    shop.hand_over("L000", first)
    assert shop.work(order).state == FulfillmentState.SHIPPED
    assert shop.level("L000", "COAT") == (7, 0, 0)


def test_only_what_is_picked_is_packed(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    with pytest.raises(Refusal, match="transition_refused"):
        shop.pack(order)
    shop.pick(order)
    with pytest.raises(Refusal) as refused:
        shop.pack(order, ("COAT", 1), ("COAT", 2))
    assert (refused.value.code, refused.value.details) == ("not_to_pack", {"left": 1})


def test_a_label_whose_answer_was_lost_is_bought_once(shop: Shop) -> None:
    """F15: the carrier sold it, its answer never came; the job runs again under the same key."""
    order = picked(shop)
    parcel = shop.pack(order)
    shop.carrier.answers_lost = 2
    shop.label()
    assert shop.parcel(parcel).state == S.OPEN
    for _ in range(2):
        shop.pass_time(minutes=5)
        shop.label()

    assert shop.parcel(parcel).state == S.LABELED
    assert len(shop.carrier.shipments) == 1


def test_who_goes_on_by_hand_pays_for_no_second_label(shop: Shop) -> None:
    """The carrier sold it, its answer was lost; a person writes a number and does not wait."""
    order = picked(shop)
    parcel = shop.pack(order)
    shop.carrier.answers_lost = 1
    shop.label()
    troubles = shop.database.read(lambda tx: list_troubles(tx, [shop.parcel(parcel)]))
    assert troubles == {parcel.id: "AnswerLost"}
    by_hand = LabelRequest(
        parcel_id=parcel.id,
        label=Label(tracking="HAND1", media_type="application/pdf", content=b"%PDF-"),
    )
    shop.transact(lambda tx, by: label_by_hand(tx, by, by_hand, shop.now))
    shop.label()

    assert shop.parcel(parcel).tracking == "HAND1"
    assert len(shop.carrier.shipments) == 1
    assert shop.carrier.voided == {"FAKE000001"}
    with pytest.raises(Refusal, match="transition_refused"):
        shop.transact(lambda tx, by: label_by_hand(tx, by, by_hand, shop.now))


def test_a_number_by_hand_is_no_other_parcels(shop: Shop) -> None:
    """Nor that of a parcel which was opened again: its label was given back."""
    order = picked(shop)
    label = Label(tracking="HAND1", media_type="application/pdf", content=b"%PDF-")
    first = LabelRequest(parcel_id=shop.pack(order).id, label=label)
    shop.transact(lambda tx, by: label_by_hand(tx, by, first, shop.now))
    opened_again(shop, shop.database.read(lambda tx: find_parcel(tx, TESTER, first.parcel_id)))

    again = LabelRequest(parcel_id=shop.pack(order).id, label=label)
    with pytest.raises(Refusal, match="tracking_taken"):
        shop.transact(lambda tx, by: label_by_hand(tx, by, again, shop.now))


def test_asked_again_by_hand_it_is_bought_once_and_at_once(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    shop.carrier.answers_lost = 1
    shop.label()
    shop.transact(lambda tx, by: try_again(tx, by, parcel.id, shop.now))
    shop.label()
    assert shop.parcel(parcel).state == S.LABELED
    assert len(shop.carrier.shipments) == 1
    with pytest.raises(Refusal, match="transition_refused"):
        shop.transact(lambda tx, by: try_again(tx, by, parcel.id, shop.now))


def test_a_second_answer_changes_nothing(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    shop.label()
    again = LabelRequest(
        parcel_id=parcel.id,
        label=Label(tracking="OTHER", media_type="text/plain", content=b"x"),
    )
    shop.transact(lambda tx, by: label(tx, by, again, shop.now))
    assert shop.parcel(parcel).tracking == "FAKE000001"


def test_the_hand_over_is_the_movement(shop: Shop) -> None:
    order = picked(shop)
    shop.pack(order)
    shop.label()
    assert shop.level("L000", "COAT") == (9, 0, 2)
    closed = shop.hand_over("L000")

    assert [parcel.state for parcel in closed.parcels] == [S.HANDED_OVER]
    assert shop.work(order).state == FulfillmentState.SHIPPED
    assert shop.level("L000", "COAT") == (7, 0, 0)
    assert shop.read(order.id).status == OrderStatus.FULFILLED
    assert [line.shipped for line in shop.read(order.id).lines] == [2, 1]
    again = shop.database.read(lambda tx: manifesting.find_manifest(tx, TESTER, closed.manifest.id))
    assert again == closed


def test_a_manifest_takes_all_that_waits_for_its_carrier_or_none(shop: Shop) -> None:
    with pytest.raises(Refusal, match="nothing_to_hand_over"):
        shop.hand_over("L000")
    orders = [picked(shop, ("COAT", 1)) for _ in range(3)]
    parcels = [shop.pack(order) for order in orders]
    unlabeled = picked(shop, ("HAT", 1))
    with pytest.raises(Refusal, match="transition_refused"):
        shop.hand_over("L000", parcels[0])
    shop.label()
    late = shop.pack(unlabeled)
    with pytest.raises(Refusal, match="transition_refused"):
        shop.hand_over("L000", parcels[0], late)
    with pytest.raises(Refusal, match="not_found"):
        shop.hand_over("L001", parcels[0])

    closed = shop.hand_over("L000")
    assert {parcel.id for parcel in closed.parcels} == {parcel.id for parcel in parcels}


def test_a_visit_is_booked_and_its_manifest_names_it(shop: Shop) -> None:
    at = shop.location("L000")
    ends = shop.now + timedelta(hours=2)
    pickup = PickupRequest(
        id=shop.services.new_id(),
        location_id=at,
        carrier="gls",
        starts_at=shop.now,
        ends_at=ends,
    )
    shop.transact(lambda tx, by: book_pickup(tx, by, pickup, shop.now))
    order = picked(shop)
    shop.pack(order)
    shop.label()
    request = ManifestRequest(
        id=shop.services.new_id(),
        location_id=at,
        carrier="gls",
        service_ids=[each.id for each in shop.services.snapshot().delivery.services],
        pickup_id=pickup.id,
    )
    for wrong in (
        replace(request, carrier="dhl"),
        replace(request, location_id=shop.location("L001")),
    ):
        with pytest.raises(Refusal, match="carrier pickup"):
            shop.transact(partial(close_manifest, request=wrong, now=shop.now))
    closed = shop.transact(lambda tx, by: close_manifest(tx, by, request, shop.now))

    assert closed.manifest.pickup_id == pickup.id
    visits = shop.database.read(
        lambda tx: list_pickups(tx, location_id=at, since=shop.now, after=None, limit=9)
    )
    assert [visit.id for visit in visits] == [pickup.id]
    stranger = associate(shop, "L001")
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: close_manifest(tx, stranger, request, shop.now))


def test_a_parcel_is_followed_to_its_end(shop: Shop) -> None:
    order, parcel = shipped(shop)
    assert shop.tell((parcel, S.IN_TRANSIT, 1), (parcel, S.OUT_FOR_DELIVERY, 2)) == [
        Heard.APPLIED,
        Heard.APPLIED,
    ]
    assert shop.tell((parcel, S.DELIVERED, 3)) == [Heard.APPLIED]

    assert shop.work(order).state == FulfillmentState.DELIVERED
    assert shop.read(order.id).lines[0].delivered == 2
    assert shop.story(order)[-1] == "fulfillment.delivered"


def test_words_of_carriers_may_come_twice_late_and_in_any_order(shop: Shop) -> None:
    order, parcel = shipped(shop)
    first = shop.tell((parcel, S.DELIVERED, 9), (parcel, S.IN_TRANSIT, 1), (parcel, S.DELIVERED, 9))
    assert first == [Heard.APPLIED, Heard.APPLIED, Heard.KNOWN], "by their own time"
    assert shop.tell((parcel, S.DELIVERED, 9)) == [Heard.KNOWN]
    assert shop.tell((parcel, S.OUT_FOR_DELIVERY, 5)) == [Heard.LATE]
    assert shop.tell((parcel, S.IN_TRANSIT, 10)) == [Heard.IGNORED]
    assert shop.work(order).state == FulfillmentState.DELIVERED


def test_a_parcel_that_a_carrier_has_seen_has_left_whether_scanned_or_not(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    shop.label()
    assert shop.tell((parcel, S.IN_TRANSIT, 1)) == [Heard.APPLIED]

    assert shop.work(order).state == FulfillmentState.SHIPPED
    assert shop.level("L000", "COAT") == (7, 0, 0)


def test_nobody_knows_a_number_that_is_none_of_ours(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    assert shop.tell((parcel, S.IN_TRANSIT, 1)) == [Heard.UNKNOWN]


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ((S.DELIVERED, S.IN_TRANSIT), FulfillmentState.SHIPPED),
        ((S.DELIVERED, S.DELIVERED), FulfillmentState.DELIVERED),
        ((S.DELIVERED, S.RETURNED_TO_SENDER), FulfillmentState.RETURNING),
        ((S.LOST, S.DAMAGED), FulfillmentState.LOST),
    ],
)
def test_the_ends_of_all_parcels_are_the_end_of_the_work(
    shop: Shop, ends: tuple[ParcelState, ParcelState], state: FulfillmentState
) -> None:
    order = picked(shop, ("COAT", 2))
    parcels = [shop.pack(order, ("COAT", 1)) for _ in range(2)]
    shop.label()
    shop.hand_over("L000")
    shop.tell(*[(parcel, end, 1) for parcel, end in zip(parcels, ends, strict=True)])
    assert shop.work(order).state == state


def test_every_stock_change_of_a_hand_over_stands_in_one_fact(shop: Shop) -> None:
    before = shop.database.read(journal.end)
    shipped(shop, ("COAT", 1))
    facts = shop.database.read(lambda tx: journal.read(tx, before, 100))
    levels = [entry.body["levels"] for entry in facts if entry.kind == "stock.changed"]
    on_hand, unavailable, reserved = levels[-1][0][2:5]
    assert (on_hand, unavailable, reserved) == (8, 0, 0)


def opened_again(shop: Shop, parcel: Parcel) -> Parcel:
    return shop.transact(lambda tx, by: unpack(tx, by, parcel.id, shop.now))


@pytest.mark.parametrize("labeled", [True, False])
def test_a_parcel_opened_again_gives_its_label_back_and_is_packed_anew(
    shop: Shop, labeled: bool
) -> None:
    """Two labels are bought for two parcels, and the one that nobody uses is given back."""
    order = picked(shop)
    first = shop.pack(order)
    if labeled:
        shop.label()
    assert opened_again(shop, first).state == S.VOIDED
    assert shop.work(order).state == FulfillmentState.PICKED
    second = shop.pack(order)
    shop.label()

    assert shop.work(order).state == FulfillmentState.READY
    sold = [shop.parcel(each).tracking for each in (first, second)]
    assert sold == (["FAKE000001", "FAKE000002"] if labeled else [None, "FAKE000001"])
    assert shop.carrier.voided == ({"FAKE000001"} if labeled else set())
    assert len(shop.hand_over("L000").parcels) == 1


def test_a_parcel_opened_again_gives_back_a_label_that_nobody_heard_of(shop: Shop) -> None:
    first = shop.pack(picked(shop))
    shop.carrier.answers_lost = 1
    shop.label()
    opened_again(shop, first)
    shop.label()

    assert shop.carrier.voided == {"FAKE000001"}


def test_what_its_carrier_has_is_not_opened(shop: Shop) -> None:
    _, parcel = shipped(shop)
    with pytest.raises(Refusal) as refused:
        opened_again(shop, parcel)
    assert refused.value.code == "transition_refused"


def test_another_stores_parcel_is_not_there_behind_no_wall_of_the_database_either(
    shop: Shop,
) -> None:
    """What is written goes by a connection that sees all stores: here the filter stands alone."""
    order = picked(shop)
    parcel = shop.pack(order)
    ours, stranger = (associate(shop, each) for each in ("L000", "L001"))
    assert shop.database.transact(lambda tx: find_parcel(tx, ours, parcel.id)) == parcel
    for steal in (
        lambda tx: find_parcel(tx, stranger, parcel.id),
        lambda tx: find_label(tx, stranger, parcel.id),
        lambda tx: unpack(tx, stranger, parcel.id, shop.now),
        lambda tx: try_again(tx, stranger, parcel.id, shop.now),
    ):
        with pytest.raises(Refusal, match="not_found"):
            shop.database.transact(steal)
