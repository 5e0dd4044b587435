"""Carriers are asked to come: once, whoever taps at the same moment and whatever gets lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.database.test_fulfillment_parcels import picked
from tests.factories import TESTER
from tests.fakes import FakeCarrier
from tests.shops import Shop, associate, open_shop

from ovunque.fulfillment.booking import (
    PickupRequest,
    ask_again,
    book_pickup,
    cancel_pickup,
    list_pickups,
    list_troubles,
)
from ovunque.fulfillment.manifesting import SignRequest, sign
from ovunque.fulfillment.model import CarrierPickup
from ovunque.fulfillment.ports import VisitCall
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database

GRACE = timedelta(seconds=10)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L000", "COAT"): 10}) as opened:
        yield opened


def request_for(shop: Shop, code: str = "L001") -> PickupRequest:
    return PickupRequest(
        id=shop.services.new_id(),
        location_id=shop.location(code),
        carrier="gls",
        starts_at=shop.now + timedelta(hours=1),
        ends_at=shop.now + timedelta(hours=3),
        grace=GRACE,
    )


def book(shop: Shop, request: PickupRequest) -> CarrierPickup:
    return shop.database.transact(lambda tx: book_pickup(tx, TESTER, request, shop.now))


def cancel(shop: Shop, pickup_id: UUID) -> None:
    shop.database.transact(lambda tx: cancel_pickup(tx, TESTER, pickup_id, shop.now))


def booked(shop: Shop) -> list[CarrierPickup]:
    return [
        *shop.database.read(
            lambda tx: list_pickups(tx, location_id=None, since=shop.now, after=None, limit=9)
        )
    ]


def test_a_carrier_is_asked_after_the_grace_and_confirms(shop: Shop) -> None:
    request = request_for(shop)
    book(shop, request)
    shop.label()
    assert not shop.carrier.visits, "it may still be undone"
    with pytest.raises(Refusal, match="visit_booked"):
        book(shop, replace(request_for(shop), starts_at=request.starts_at + timedelta(hours=1)))
    after = replace(request_for(shop), starts_at=request.ends_at, ends_at=shop.now + 5 * HOUR)
    book(shop, after)

    shop.pass_time(seconds=11)
    shop.label()
    first, second = booked(shop)
    assert first.confirmation == "VISIT0001"
    assert second.confirmation == "VISIT0002"
    call = shop.carrier.visits[f"visit-{request.id}"]
    assert call.address.name == shop.services.snapshot().network.by_code["L001"].name
    with pytest.raises(Refusal, match="visit_over"):
        shop.database.transact(lambda tx: ask_again(tx, TESTER, request.id, shop.now))


def test_two_people_who_book_at_once_book_one_visit(shop: Shop) -> None:
    requests = [request_for(shop) for _ in range(8)]

    def try_it(request: PickupRequest) -> bool:
        try:
            book(shop, request)
        except Refusal as refusal:
            return refusal.code != "visit_booked"
        return True

    with ThreadPoolExecutor(8) as people:
        assert sum(people.map(try_it, requests)) == 1
    assert len(booked(shop)) == 1


def test_a_visit_undone_in_time_is_never_asked_for_and_later_it_is_called_off(shop: Shop) -> None:
    undone = book(shop, request_for(shop))
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(
            lambda tx: cancel_pickup(tx, associate(shop, "L002"), undone.id, shop.now)
        )
    cancel(shop, undone.id)
    shop.pass_time(seconds=11)
    shop.label()
    assert not shop.carrier.visits
    with pytest.raises(Refusal, match="visit_over"):
        cancel(shop, undone.id)

    later = book(shop, request_for(shop))
    shop.pass_time(seconds=11)
    shop.label()
    cancel(shop, later.id)
    shop.label()
    assert shop.carrier.called_off == {"VISIT0001"}
    assert booked(shop) == []


def test_a_visit_called_off_while_its_carrier_is_asked_is_called_off_there(shop: Shop) -> None:
    """The carrier has said yes, and nobody here has heard it yet."""
    pickup = book(shop, request_for(shop))
    shop.carrier = Interrupted(lambda: cancel(shop, pickup.id))
    shop.pass_time(seconds=11)
    shop.label()
    assert shop.carrier.called_off == {"VISIT0001"}
    assert booked(shop) == []


def test_a_lost_answer_books_nothing_twice_and_a_no_is_told(shop: Shop) -> None:
    pickup = book(shop, request_for(shop))
    shop.carrier.answers_lost = 1
    shop.pass_time(seconds=11)
    shop.label()
    (found,) = booked(shop)
    troubles = shop.database.read(lambda tx: list_troubles(tx, [found]))
    assert troubles == {pickup.id: "AnswerLost"}
    shop.database.transact(lambda tx: ask_again(tx, TESTER, pickup.id, shop.now))
    shop.label()
    (found,) = booked(shop)
    assert found.confirmation == "VISIT0001"
    assert len(shop.carrier.visits) == 1


def test_a_visit_that_nobody_heard_of_is_called_off_with_its_carrier(shop: Shop) -> None:
    pickup = book(shop, request_for(shop))
    shop.carrier.answers_lost = 1
    shop.pass_time(seconds=11)
    shop.label()
    cancel(shop, pickup.id)
    shop.label()

    assert len(shop.carrier.visits) == 1
    assert shop.carrier.called_off == {"VISIT0001"}


def test_nobody_is_asked_to_come_into_the_past(shop: Shop) -> None:
    book(shop, request_for(shop))
    shop.pass_time(hours=4)
    shop.label()
    assert not shop.carrier.visits


def test_parcels_are_signed_for_once(shop: Shop) -> None:
    order = picked(shop)
    shop.pack(order)
    shop.label()
    manifest = shop.hand_over("L000").manifest
    request = SignRequest(manifest_id=manifest.id, name="Ugo Neri", signature="M1 2L3 4")

    def try_it(_: int) -> bool:
        try:
            shop.database.transact(lambda tx: sign(tx, TESTER, request, shop.now))
        except Refusal as refusal:
            return refusal.code != "already_signed"
        return True

    with ThreadPoolExecutor(4) as people:
        assert sum(people.map(try_it, range(4))) == 1


class Interrupted(FakeCarrier):
    """While it answers, something happens here."""

    def __init__(self, act: object) -> None:
        super().__init__()
        self._act = act

    def book_visit(self, call: VisitCall, key: str) -> str:
        number = super().book_visit(call, key)
        assert callable(self._act)
        self._act()
        return number
