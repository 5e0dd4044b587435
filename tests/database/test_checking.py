"""`check` finds nothing in a house that is in order, and every lie that is planted in it."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from tests.factories import TESTER
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
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move

WORLD = World(
    locations=3,
    skus=["COAT", "HAT", "BELT"],
    stock={("L000", "COAT"): 3, ("L001", "COAT"): 2, ("L001", "HAT"): 5, ("L002", "BELT"): 9},
)
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Hat and belts"},
    weight_g=800,
    components=(("HAT", 1), ("BELT", 2)),
)
NOBODY = "'00000000-0000-0000-0000-00000000000f'::uuid"
UNPLACED = "(select order_id from order_line where sku = 'NO-SUCH')"
PAIR = "(select fulfillment_id from fulfillment_line where sku = 'COAT')"

# What no invariant may let pass, planted by the owner behind the back of every rule and trigger.
PLANTED: dict[str, tuple[str, ...]] = {
    "on-hand is the last count and what moved since": (
        "update stock_level set on_hand = on_hand + 1 where sku = 'BELT'",
        "delete from stock_movement where sku = 'BELT'",
        "update stock_movement set quantity = quantity + 1 where sku = 'BELT'",
    ),
    "reserved is the sum of the open reservations": (
        "update stock_level set reserved = reserved - 1 where sku = 'BELT'",
        f"""insert into reservation (id, line_id, sku, location_id, quantity, state, expires_at)
            values ({NOBODY}, {NOBODY}, 'GHOST', {NOBODY}, 1, 'held', '2026-03-02')""",
    ),
    "nothing is short unless a shortage names the gap": (
        "delete from shortage",
        "update shortage set units = units + 1",
        f"insert into shortage values ('GHOST', {NOBODY}, 1, '2026-03-02')",
        """insert into shortage
           select sku, location_id, 1, '2026-03-02' from stock_level where sku = 'BELT'""",
    ),
    "a movement belongs to a level": (
        f"""insert into stock_movement (source, id, sku, location_id, kind, quantity, occurred_at,
                                        recorded_at)
            values ('till', '9', 'GHOST', {NOBODY}, 'received', 1, '2026-03-02', '2026-03-02')""",
    ),
    "no row of an order stands without its order": (
        "delete from customer_order where number = (select min(number) from customer_order)",
        f"""insert into order_line (id, order_id, nth, delivery_nth, sku, ordered, unit_price,
                                    discount, home_available, unplaced, backordered, reserved,
                                    canceled)
            values ({NOBODY}, {NOBODY}, 0, 0, 'COAT', 1, 1, 0, 0, 0, 0, 0, 1)""",
        f"insert into delivery (order_id, nth, service) values ({NOBODY}, 0, 'home')",
        f"insert into order_charge values ({NOBODY}, 0, 'shipping', 1)",
        f"insert into decision values ({NOBODY}, 1, '2026-03-02', '{{}}')",
        f"""insert into fulfillment (id, order_id, delivery_nth, location_id, service, state,
                                     planned_at)
            values ({NOBODY}, {NOBODY}, 0, {NOBODY}, 'home', 'canceled', '2026-03-02')""",
        f"""insert into timeline values ({NOBODY}, 1);
            insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
            values (1, '2026-03-02', 'order.placed', 'x', {NOBODY}, 1, '', '{{}}')""",
        f"""insert into reservation (id, order_id, line_id, sku, location_id, quantity, state)
            values ({NOBODY}, {NOBODY}, {NOBODY}, 'COAT', {NOBODY}, 1, 'released')""",
    ),
    "every order has a line, a delivery for it, a customer and a story": (
        f"delete from order_line where order_id = {UNPLACED}",
        "delete from journal where order_id is not null; delete from timeline",
        "delete from customer",
        "update order_line set delivery_nth = 7 where sku = 'COAT'",
        "delete from delivery where nth = 0",
        "delete from contact",
    ),
    "what a line adds up to is what was ordered": (
        """alter table order_line drop constraint order_line_check;
           update order_line set canceled = canceled + 1 where sku = 'NO-SUCH'""",
    ),
    "a line's reserved units are reserved": (
        "update order_line set ordered = ordered + 1, reserved = reserved + 1 where sku = 'COAT'",
        "update order_line set unplaced = 0, reserved = unplaced where sku = 'NO-SUCH'",
    ),
    "a bundle is reserved in whole sets": (
        "update order_line set ordered = ordered + 1, reserved = reserved + 1 where sku = 'SET'",
        "update order_line set canceled = reserved, reserved = 0 where sku = 'SET'",
    ),
    "every allocated reservation is somebody's work, there and in that quantity": (
        f"delete from fulfillment_line where fulfillment_id = {PAIR} and sku = 'HAT'",
        f"update fulfillment_line set quantity = 9 where fulfillment_id = {PAIR}",
        f"update fulfillment_line set sku = 'GHOST' where fulfillment_id = {PAIR}",
        f"update fulfillment_line set line_id = {NOBODY} where sku = 'COAT'",
        f"update fulfillment set location_id = {NOBODY} where id = {PAIR}",
        f"update fulfillment set state = 'canceled' where id = {PAIR}",
        f"""insert into fulfillment_line
            select fulfillment_id, {NOBODY}, reservation_id, sku, quantity
              from fulfillment_line where fulfillment_id = {PAIR}""",
    ),
    "planned work holds its units": (
        f"""insert into fulfillment (id, order_id, delivery_nth, location_id, service, state,
                                     planned_at)
            values ({NOBODY}, {UNPLACED}, 0, {NOBODY}, 'home', 'planned', '2026-03-02')""",
        f"insert into fulfillment_line values ({PAIR}, {NOBODY}, {NOBODY}, 'COAT', 1)",
    ),
    "the story of an order has no gaps": (
        "update timeline set last_seq = last_seq + 1",
        "update journal set order_seq = order_seq + 1 where order_id is not null",
    ),
    "every fact of an order belongs to a timeline": (
        f"""insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
            values (1, '2026-03-02', 'order.placed', 'x', {NOBODY}, 1, '', '{{}}')""",
    ),
}


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
        came = Movement(
            id="1",
            key=Key("BELT", database.read(lambda tx: place_id(tx, "L002"))),
            kind=MovementKind.RECEIVED,
            quantity=3,
            occurred_at=began + timedelta(seconds=1),
        )
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


def test_nothing_is_found_where_all_is_in_order(house: Database) -> None:
    assert check_now(house) == ()
    rows = house.read(
        lambda tx: tx.execute(
            "select (select count(*) from customer_order), (select count(*) from shortage), "
            "(select count(*) from reservation), (select count(*) from order_charge)"
        ).fetchone()
    )
    assert rows == (3, 1, 4, 1), "there is something to look at"


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

    assert [each.invariant for each in found] == [name]
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
    )
    monkeypatch.setattr(checking, "INVARIANTS", circumstances)

    assert [each.examples for each in check_now(house)] == [("repeatable read",), ("0",)]
