"""Whoever edits an order meets others who change it: one of them is told, and nothing is lost."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from tests.acts import Acts
from tests.database.test_editing import HOME, asked, contact_of, going_to, more_of, to
from tests.database.test_races import (
    DONE,
    Act,
    accepted,
    assert_sound,
    in_turn,
    offered,
    planned,
    race,
)
from tests.factories import TESTER
from tests.shops import Shop, open_shop

from ovunque.customers.listing import list_contacts
from ovunque.delivery.model import Service
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.kernel.ids import NewId
from ovunque.orders import forgetting
from ovunque.orders.checking import check_now
from ovunque.orders.editing import edit
from ovunque.orders.model import Order
from ovunque.orders.model.editing import Change, NotesChange, ServiceChange
from ovunque.platform.database import Database, Tx

RACES = 60
STOCK = {(code, sku): 9_000 for code in ("L001", "L002") for sku in ("COAT", "HAT")}
EXPRESS = ServiceChange(delivery=0, service=Service.EXPRESS)


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def edits(shop: Shop, *changes: Change, **more: Any) -> Act:
    def act(tx: Tx, order: Order) -> None:
        edit(tx, TESTER, asked(shop, order, *changes, **more), shop.now)

    return act


def fewer(shop: Shop, **more: Any) -> Act:
    def act(tx: Tx, order: Order) -> None:
        edit(tx, TESTER, asked(shop, order, to(order, 1), **more), shop.now)

    return act


def test_two_editors_never_overwrite_one_another(shop: Shop) -> None:
    (order,) = planned(shop, 1)
    first = edits(shop, going_to(), version=order.version)
    second = edits(shop, NotesChange(notes="Ring"), version=order.version)
    assert in_turn(shop, order, first, second) == "version_conflict"
    assert contact_of(shop, order).street == HOME.street
    assert shop.read(order.id).notes is None


def test_what_was_canceled_is_not_edited(shop: Shop) -> None:
    first, second = planned(shop, 2)
    acts = Acts(shop)
    assert in_turn(shop, first, acts.cancel, edits(shop, more_of("HAT"))) == "nothing_to_edit"
    assert in_turn(shop, second, edits(shop, more_of("HAT")), acts.cancel) == DONE
    assert shop.level("L001", "HAT") == (9_000, 0, 0)


def test_who_takes_it_on_and_who_has_it_go_otherwise(shop: Shop) -> None:
    first, second = offered(shop, 2)
    acts, express = Acts(shop), edits(shop, EXPRESS)
    assert in_turn(shop, first, acts.accept, express) == "too_late_to_edit"
    assert in_turn(shop, second, express, acts.accept) == "offer_closed"
    (work,) = shop.live(second)
    assert work.service == "express"


def test_what_is_being_packed_goes_where_its_label_says(shop: Shop) -> None:
    first, second = accepted(shop, 2)
    for order in (first, second):
        shop.pick(order)

    def packs(tx: Tx, order: Order) -> None:
        request = PackRequest(
            fulfillment_id=shop.work(order).id,
            weight_g=1_000,
            contents=None,
            company_prefix="9521234",
            new_id=shop.services.new_id,
        )
        pack(tx, TESTER, request, shop.now)

    assert in_turn(shop, first, packs, edits(shop, going_to())) == "too_late_to_edit"
    assert in_turn(shop, second, edits(shop, going_to()), packs) == DONE


def test_fewer_are_wanted_while_they_are_picked(shop: Shop) -> None:
    acts, orders = Acts(shop), accepted(shop, RACES)
    for editing, picking in race(shop, orders, fewer(shop), acts.pick):
        assert editing == picking == DONE
    for order in orders:
        after = shop.read(order.id)
        assert (after.lines[0].wanted, after.lines[0].in_work) == (1, 1)
        assert_sound(shop, order)
    aside = shop.aside("L001", "COAT").get("put_back", 0)
    assert shop.level("L001", "COAT") == (9_000, aside, RACES)


def test_two_edit_at_the_same_moment(shop: Shop) -> None:
    orders = planned(shop, RACES)

    def more(tx: Tx, order: Order) -> None:
        request = asked(shop, order, to(order, 3), version=order.version)
        edit(tx, TESTER, request, shop.now)

    def one_less(tx: Tx, order: Order) -> None:
        request = asked(shop, order, to(order, 1), version=order.version)
        edit(tx, TESTER, request, shop.now)

    for outcomes in race(shop, orders, more, one_less):
        assert sorted(outcomes) == [DONE, "version_conflict"]
    units = sum(shop.read(order.id).lines[0].wanted for order in orders)
    assert shop.level("L001", "COAT") == (9_000, 0, units)


def test_who_is_forgotten_has_no_order_to_edit(shop: Shop) -> None:
    (order,) = planned(shop, 1)
    shop.transact(lambda tx, _: edits(shop, going_to(), NotesChange(notes="Ring"))(tx, order))
    former = order.deliveries[0].contact_id
    shop.transact(lambda tx, _: Acts(shop).cancel(tx, order))

    def forget(tx: Tx, _: Order) -> None:
        assert forgetting.erase(tx, TESTER, order.customer_id, shop.now)

    shop.transact(partial(_ask, shop, order))
    assert in_turn(shop, order, forget, edits(shop, going_to())) == "nothing_to_edit"
    assert former is not None
    found = shop.database.read(lambda tx: list_contacts(tx, [former]))
    assert found[former].street != "Via Torino 1", "where it went at first is forgotten as well"
    kept = shop.database.read(lambda tx: tx.execute("select former from order_edit").fetchall())
    assert kept == [(None,)]


def _ask(shop: Shop, order: Order, tx: Tx, _: Any) -> None:
    forgetting.ask(tx, TESTER, order.customer_id, shop.now)
