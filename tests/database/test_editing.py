"""Editing an order: all changes of it or none, on what is there, and never too late."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.shops import CODE, Shop, open_shop

from ovunque.customers.listing import list_contacts
from ovunque.customers.model import ContactRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import FulfillmentState
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.editing import EditRequest, Foreseen, edit, preview, undo
from ovunque.orders.model import LineRequest, Order
from ovunque.orders.model.editing import (
    AddressChange,
    Change,
    Edited,
    GiftChange,
    NewLine,
    NotesChange,
    QuantityChange,
    RecipientChange,
    ServiceChange,
    Touch,
)
from ovunque.platform.database import Database

STOCK = {
    ("L000", "BELT"): 9,
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 5,
    ("L002", "COAT"): 5,
}
HOME = ContactRequest(street="Via Dante 1", postal_code="20121", city="Milano", country="IT")
S = FulfillmentState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def asked(shop: Shop, order: Order, *changes: Change, **more: Any) -> EditRequest:
    return EditRequest(
        order_id=order.id,
        changes=changes,
        snapshot=shop.services.snapshot(),
        pickup_code=CODE,
        new_id=shop.services.new_id,
        **more,
    )


def change(shop: Shop, order: Order, *changes: Change, **more: Any) -> Edited:
    request = asked(shop, order, *changes, **more)
    return shop.transact(lambda tx, by: edit(tx, by, request, shop.now))


def look(shop: Shop, order: Order, *changes: Change, **more: Any) -> Foreseen:
    request = asked(shop, order, *changes, **more)
    return shop.transact(lambda tx, by: preview(tx, by, request, shop.now))


def turn_back(shop: Shop, order: Order) -> Edited:
    request = asked(shop, order)
    return shop.transact(lambda tx, by: undo(tx, by, request, shop.now))


def refused(shop: Shop, order: Order, *changes: Change, **more: Any) -> list[tuple[str, str, str]]:
    """The code of the refusal with pointer and code of each fault."""
    with pytest.raises(Refusal) as raised:
        change(shop, order, *changes, **more)
    refusal = raised.value
    return [(refusal.code, each.pointer, each.code) for each in refusal.errors] or [
        (refusal.code, "", "")
    ]


def to(order: Order, quantity: int, nth: int = 0) -> QuantityChange:
    return QuantityChange(line_id=order.lines[nth].id, quantity=quantity)


def more_of(sku: str, quantity: int = 1, price: int = 4990) -> NewLine:
    line = LineRequest(sku=sku, quantity=quantity, unit_price=price)
    return NewLine(line=line, currency="EUR")


def going_to(address: ContactRequest = HOME) -> AddressChange:
    return AddressChange(delivery=0, address=address)


def contact_of(shop: Shop, order: Order) -> ContactRequest:
    (delivery,) = shop.read(order.id).deliveries
    assert delivery.contact_id is not None
    ids = [delivery.contact_id]
    return shop.database.read(lambda tx: list_contacts(tx, ids))[ids[0]]


def test_fewer_are_wanted_and_the_rest_is_on_sale_again(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    edited = change(shop, order, to(order, 1))
    (line,) = edited.after.lines
    assert (line.ordered, line.canceled, line.reserved) == (3, 2, 1)
    assert edited.difference == -2 * 4990
    assert shop.level("L001", "COAT") == (5, 0, 1)
    assert shop.story(order) == ["order.placed", "fulfillment.canceled", "order.edited"]
    assert [(touch, work.state) for touch, work in edited.works] == [(Touch.CHANGED, S.PLANNED)]


def test_a_line_is_taken_out_but_never_the_last(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 2)])
    edited = change(shop, order, to(order, 0))
    assert [line.wanted for line in edited.after.lines] == [0, 2]
    assert refused(shop, order, to(order, 0, nth=1)) == [("invalid", "/changes", "empty")]


def test_a_picked_unit_that_is_not_wanted_is_put_back(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    shop.take(order)
    shop.pick(order, quantity=3)
    change(shop, order, to(order, 2))
    assert shop.level("L001", "COAT") == (5, 1, 2)
    assert shop.aside("L001", "COAT") == {"put_back": 1}
    assert shop.work(order).state == S.PICKED


def test_what_nobody_has_picked_goes_first(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    shop.take(order)
    shop.pick(order, quantity=2)
    change(shop, order, to(order, 2))
    assert shop.aside("L001", "COAT") == {}
    assert shop.work(order).state == S.PICKED, "nothing is left to pick"


def test_what_is_packed_stays_as_it_is(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order)
    shop.pack(order)
    late = "too_late_to_edit"
    assert refused(shop, order, to(order, 1), going_to(), GiftChange(message="Ciao")) == [
        (late, "/changes/0/quantity", "too_late"),
        (late, "/changes/2", "too_late"),
        (late, "/changes/1", "too_late"),
    ]


def test_units_that_wait_go_before_those_that_have_a_place(shop: Shop) -> None:
    order = shop.order([("COAT", 12)])
    assert order.lines[0].unplaced == 2
    edited = change(shop, order, to(order, 9))
    (line,) = edited.after.lines
    assert (line.unplaced, line.reserved) == (0, 9)
    edited = change(shop, order, to(order, 8))
    assert edited.after.lines[0].reserved == 8


def test_another_address_in_the_same_zone_changes_no_plan(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.take(order)
    edited = change(shop, order, going_to(), RecipientChange(delivery=0, name="Ugo"))
    assert edited.works == []
    found = contact_of(shop, order)
    assert (found.street, found.name) == ("Via Dante 1", "Ugo")
    assert shop.work(order).state == S.ACCEPTED


def test_gift_and_notes_are_written_anew(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    edited = change(shop, order, GiftChange(message="Auguri"), NotesChange(notes="Ring"))
    assert (edited.after.gift, edited.after.notes) == ("Auguri", "Ring")
    assert refused(shop, order, GiftChange(message="Auguri")) == [("nothing_changes", "", "")]


def test_a_preview_says_what_would_happen_and_does_nothing(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    found = look(shop, order, to(order, 1), going_to(), more_of("HAT"))
    assert isinstance(found, Edited)
    assert found.difference == -4990
    assert shop.read(order.id) == order
    assert shop.story(order) == ["order.placed"]
    missing = look(shop, order, more_of("HAT", 99))
    assert isinstance(missing, Refusal)
    assert missing.code == "out_of_stock"


def test_who_has_seen_another_version_changes_nothing(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    change(shop, order, to(order, 2), version=order.version)
    assert refused(shop, order, to(order, 1), version=order.version) == [
        ("version_conflict", "", "")
    ]


def test_more_of_a_line_goes_with_what_is_planned_already(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    edited = change(shop, order, to(order, 2))
    assert edited.difference == 4990
    (work,) = shop.live(order)
    assert [row.quantity for row in work.lines] == [2]
    assert shop.level("L001", "COAT") == (5, 0, 2)


def test_more_than_there_is_is_refused_whole(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 2)])
    assert refused(shop, order, to(order, 1, nth=1), to(order, 11)) == [
        ("out_of_stock", "/changes/1", "out_of_stock")
    ]
    assert shop.read(order.id) == order


def test_something_more_goes_beside_what_is_accepted(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.take(order)
    edited = change(shop, order, more_of("HAT", 2, price=1000))
    assert edited.difference == 2000
    assert len(shop.live(order)) == 2
    assert edited.after.lines[1].reserved == 2
    assert edited.after.lines[1].home_available == 0


def test_an_edit_is_turned_back(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    before = contact_of(shop, order)
    change(shop, order, to(order, 1), going_to(), more_of("HAT"), GiftChange(message="Ciao"))
    back = turn_back(shop, order)
    assert [line.wanted for line in back.after.lines] == [3, 0]
    assert back.after.goods_cents == order.goods_cents
    assert (back.after.gift, contact_of(shop, order)) == (None, before)
    turn_back(shop, order)
    assert shop.read(order.id).gift == "Ciao", "an undo is an edit too"
    change(shop, order, to(order, 2))
    shop.take(order)
    shop.transact(lambda tx, by: tx.execute("update customer_order set words = null"))
    with pytest.raises(Refusal, match="undo_over"):
        turn_back(shop, order)


def test_another_store_before_work_has_begun(shop: Shop) -> None:
    order = shop.order([("COAT", 1)], collect_at="L001")
    there = ServiceChange(delivery=0, service=Service.COLLECT, location="L002")
    change(shop, order, there)
    (work,) = shop.live(order)
    assert (shop.at(work), work.service) == ("L002", "collect")
    assert shop.level("L001", "COAT") == (5, 0, 0)
    home = ServiceChange(delivery=0, service=Service.HOME, address=HOME)
    change(shop, order, home)
    assert contact_of(shop, order).street == "Via Dante 1"
    shop.take(order)
    assert refused(shop, order, there) == [("too_late_to_edit", "/changes/0", "too_late")]
