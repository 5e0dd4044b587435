"""`check` finds nothing in a house that is in order, and every lie that is planted in it."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from tests.database.planted import PLANTED
from tests.factories import TESTER
from tests.shops import Shop
from tests.worlds import World, asked, build, order_request, place_id, put

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.kernel.ids import NewId
from ovunque.orders import checking
from ovunque.orders.checking import INVARIANTS, check_now
from ovunque.orders.model import ChargeRequest, OnShortage
from ovunque.orders.placing import Answered
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster
from ovunque.platform.invariants import Invariant, Violation, find_violations
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings
from ovunque.stock.expecting import save_incoming
from ovunque.stock.model import Aside, Key, Movement, MovementKind, UnavailableReason
from ovunque.stock.model.expecting import IncomingRequest
from ovunque.stock.moving import move
from ovunque.stock.setting_aside import set_aside

WORLD = World(
    locations=3,
    skus=["COAT", "HAT", "BELT"],
    stock={("L000", "COAT"): 3, ("L001", "COAT"): 2, ("L001", "HAT"): 5, ("L000", "BELT"): 9},
)
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Hat and belts"},
    weight_g=800,
    components=(("HAT", 1), ("BELT", 2)),
)


@pytest.fixture(scope="module")
def house(cluster: Cluster, new_id: NewId) -> Iterator[Database]:
    """A house with orders of every kind and a shortage that is named: all is in order."""
    cluster.ensure_database("house")
    migrate(cluster.url("house"))
    with Database(cluster.url("house")) as database:
        began = now()
        build(database, WORLD, TESTER, new_id, began)
        database.transact(lambda tx: save_items(tx, TESTER, [SET], began))
        with furnish(Settings(), database) as services:
            place_orders(services)
            work_on(Shop(database=database, services=services))
        came = Movement(
            id="1",
            key=Key("BELT", database.read(lambda tx: place_id(tx, "L000"))),
            kind=MovementKind.RECEIVED,
            quantity=3,
            occurred_at=began + timedelta(seconds=1),
            reference="PO-1",
        )
        announced = IncomingRequest(
            reference="PO-1", location="L000", sku="BELT", quantity=5, due_on=began.date()
        )
        database.transact(lambda tx: save_incoming(tx, TESTER, [announced], began))
        database.transact(lambda tx: move(tx, TESTER, "till", [came], came.occurred_at))
        put(database, {("L001", "HAT"): 1}, TESTER, began + timedelta(minutes=1))
        yield database


def place_orders(services: Services) -> None:
    """A pair from one place, a bundle from two, and something that was sold elsewhere."""
    elsewhere = asked(TESTER, "elsewhere", [])
    charged = replace(
        order_request([("NO-SUCH", 2)], "anna"),
        on_shortage=OnShortage.ACCEPT,
        charges=(ChargeRequest(kind="shipping", amount=590),),
    )
    asking = [
        asked(TESTER, "pair", [("COAT", 1), ("HAT", 1)]),
        asked(TESTER, "bundle", [("SET", 2)]),
        replace(elsewhere, request=charged),
    ]
    answers: list[Future[Answered]] = [Future() for _ in asking]
    for each, answer in zip(asking, answers, strict=True):
        services.intake.submit(each, answer)
    assert [answer.result(30).answer.status for answer in answers] == [201] * len(asking)


def work_on(shop: Shop) -> None:
    """A belt has left in its parcel, another one is labeled, a hat waits for whoever fetches it.

    The bundle is with the warehouse and waits for a store's answer; the pair is planned only. And
    one of the belts is damaged.
    """
    later = """update fulfillment set offer_at = 'infinity'
                where order_id = (select order_id from order_line where sku = 'COAT')"""
    shop.database.transact(lambda tx: tx.execute(later))
    for is_gone in (True, False):
        order = shop.order([("BELT", 1)])
        shop.take(order)
        shop.pick(order)
        shop.pack(order)
        shop.label()
        if is_gone:
            shop.hand_over("L000")
    fetched = shop.order([("HAT", 1)], collect_at="L001")
    shop.take(fetched)
    shop.pick(fetched)
    key = Key("BELT", shop.location("L000"))
    damaged = Aside(key=key, reason=UnavailableReason.DAMAGED, quantity=1)
    shop.database.transact(lambda tx: set_aside(tx, [damaged], shop.now))


def test_nothing_is_found_where_all_is_in_order(house: Database) -> None:
    assert check_now(house) == ()
    rows = house.read(
        lambda tx: tx.execute(
            "select (select count(*) from customer_order), (select count(*) from shortage), "
            "(select count(*) from reservation), (select count(*) from order_charge)"
        ).fetchone()
    )
    assert rows == (6, 1, 7, 1), "there is something to look at"


@contextmanager
def planted(house: Database, statement: str) -> Iterator[psycopg.Connection]:
    """The house with a lie in it, until the end of the block."""
    with psycopg.connect(house.url) as owner, owner.transaction(force_rollback=True):
        owner.execute("set local session_replication_role = replica")
        assert owner.execute(statement.encode()).rowcount != 0
        yield owner


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        pytest.param(name, statement, id=f"{name} {nth}")
        for name, statements in PLANTED.items()
        for nth, statement in enumerate(statements)
    ],
)
def test_a_planted_lie_is_found_by_its_name(house: Database, name: str, statement: str) -> None:
    with planted(house, statement) as owner:
        found = find_violations(owner, INVARIANTS)

    assert name in [each.invariant for each in found], "one lie may hurt several truths"
    assert all(each.examples for each in found)


def test_every_invariant_has_a_lie_that_it_finds() -> None:
    assert set(PLANTED) == {each.name for each in INVARIANTS}
    assert len(INVARIANTS) == len(PLANTED), "and a name of its own"


def test_a_bundle_that_was_dissolved_after_its_sale_is_no_lie(house: Database) -> None:
    with planted(house, "delete from item_component") as owner:
        assert find_violations(owner, INVARIANTS) == ()


def test_an_item_that_became_a_bundle_after_its_sale_is_no_lie(house: Database) -> None:
    with planted(house, "insert into item_component values ('COAT', 'BELT', 3)") as owner:
        assert find_violations(owner, INVARIANTS) == ()


def test_the_first_lies_are_shown_and_all_are_counted(house: Database) -> None:
    many = Invariant(name="no numbers", sql="select nth::text from generate_series(1, 9) as nth")

    (found,) = house.read(lambda tx: find_violations(tx, [many]))

    assert found == Violation(invariant="no numbers", count=9, examples=("1", "2", "3", "4", "5"))
    assert str(found) == "no numbers: 1; 2; 3; 4; 5 and 4 more"
    assert str(replace(found, count=5)) == "no numbers: 1; 2; 3; 4; 5"


def test_a_check_sees_one_moment_and_takes_its_time(
    house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    circumstances = (
        Invariant(name="view", sql="select current_setting('transaction_isolation')"),
        Invariant(name="patience", sql="select current_setting('statement_timeout')"),
        *[Invariant(name="moment", sql="select pg_current_snapshot()::text")] * 8,
    )
    monkeypatch.setattr(checking, "INVARIANTS", circumstances)

    view, patience, *moments = (each.examples for each in check_now(house))

    assert (view, patience) == (("repeatable read",), ("0",))
    assert moments == [moments[0]] * 8, "all hands see the same"
