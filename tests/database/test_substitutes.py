"""Another item goes instead of what is not found: allowed, agreed to, and free there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.factories import TESTER
from tests.shops import Shop, associate, open_shop

from ovunque.access.model import Actor
from ovunque.catalog.substituting import Substitute, set_substitutes
from ovunque.fulfillment.model import FulfillmentState, Reason, Wanted
from ovunque.fulfillment.model.consulting import Consent
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order
from ovunque.orders.substituting import SubstituteRequest, substitute
from ovunque.platform.database import Database

STOCK = {("L001", "COAT"): 3, ("L001", "HAT"): 2, ("L001", "CAPE"): 1}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        allowed = [Substitute(sku="HAT", asks=False), Substitute(sku="CAPE", asks=True)]
        opened.transact(lambda tx, by: set_substitutes(tx, by, "COAT", allowed, opened.now))
        yield opened
    assert check_now(database) == ()


def put(
    shop: Shop,
    order: Order,
    instead: str,
    units: int = 1,
    consent: Consent | None = None,
    by: Actor = TESTER,
) -> None:
    request = SubstituteRequest(
        fulfillment_id=shop.work(order).id,
        missing=Wanted(line_id=None, sku="COAT", quantity=units),
        reason=Reason.DAMAGED,
        instead=instead,
        consent=consent,
        new_id=shop.services.new_id,
    )
    shop.database.transact(lambda tx: substitute(tx, by, request, shop.now))


def fetched(shop: Shop, units: int) -> Order:
    order = shop.order([("COAT", units)], collect_at="L001")
    shop.take(order)
    return order


def test_the_other_item_is_reserved_and_picked_and_costs_no_more(shop: Shop) -> None:
    order = fetched(shop, 3)
    shop.pick(order, quantity=1)
    put(shop, order, "HAT", units=2)

    first, second = shop.read(order.id).lines
    assert (first.sku, first.ordered, first.canceled, first.in_work) == ("COAT", 3, 2, 1)
    assert (second.sku, second.ordered, second.in_work) == ("HAT", 2, 2)
    assert second.unit_price <= first.unit_price
    assert shop.read(order.id).value_cents == order.value_cents, "by the rules it is worth as much"
    assert shop.level("L001", "HAT") == (2, 0, 2)
    assert shop.level("L001", "COAT") == (3, 2, 1)
    assert shop.aside("L001", "COAT") == {"damaged": 2}
    shop.pick(order)
    assert shop.work(order).state == FulfillmentState.READY
    assert {"fulfillment.substituted", "order.substituted"} <= set(shop.story(order))


def test_only_what_is_allowed_agreed_to_and_free_goes_instead(shop: Shop) -> None:
    order = fetched(shop, 3)
    before = shop.read(order.id)
    for instead, units, consent, code in (
        ("COAT", 1, None, "no_substitute"),
        ("CAPE", 1, None, "consent_needed"),
        ("CAPE", 2, Consent.PHONE, "substitute_gone"),
        ("HAT", 4, None, "not_to_pick"),
    ):
        with pytest.raises(Refusal, match=code):
            put(shop, order, instead, units, consent)
    with pytest.raises(Refusal, match="not_found"):
        put(shop, order, "HAT", by=associate(shop, "L002"))
    assert shop.read(order.id) == before
    put(shop, order, "CAPE", 1, Consent.COUNTER)
    assert shop.level("L001", "CAPE") == (1, 0, 1)


def test_the_last_one_goes_instead_once(shop: Shop) -> None:
    orders = [fetched(shop, 1), fetched(shop, 1)]

    def try_it(order: Order) -> bool:
        try:
            put(shop, order, "CAPE", 1, Consent.PHONE)
        except Refusal as refusal:
            return refusal.code != "substitute_gone"
        return True

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(try_it, orders)) == [False, True]
    assert shop.level("L001", "CAPE") == (1, 0, 1)


def test_a_substitute_is_another_item_that_is_there(shop: Shop) -> None:
    for named in (["COAT"], ["HAT", "HAT"], ["NOBODY"]):
        told = [Substitute(sku=each, asks=True) for each in named]
        with pytest.raises(Refusal, match="invalid"):
            shop.transact(lambda tx, by, told=told: set_substitutes(tx, by, "COAT", told, shop.now))  # type: ignore[misc]


def test_a_discount_goes_over_to_the_last_cent(shop: Shop) -> None:
    """One euro for three coats: what goes instead, one by one, has had all of it."""
    order = fetched(shop, 3)
    shop.transact(
        lambda tx, _: tx.execute(
            "update order_line set discount = 100 where order_id = %s", [order.id]
        )
    )
    put(shop, order, "HAT")
    put(shop, order, "HAT")
    put(shop, order, "CAPE", consent=Consent.COUNTER)

    assert [line.discount for line in shop.read(order.id).lines] == [100, 33, 33, 34]
