"""Holds through the real intake: timed, extended, released, turned into orders without a gap."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL, asked, order_request

from ovunque.access.model import SYSTEM, Actor
from ovunque.kernel.ids import NewId, parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.holding import AskedHold, HoldRequest, Releasing
from ovunque.orders.placing import Answered
from ovunque.platform.database import Database, Tx
from ovunque.platform.idempotency import Key, digest
from ovunque.stock import expiring, keeping
from ovunque.stock.model import HoldState
from ovunque.stock.model import Key as Level
from ovunque.stock.store import holding

COAT = (("COAT", 1),)


class Counter:
    """Where carts are held and bought, by name."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.turns = shop, 0

    def _key(self) -> Key:
        self.turns += 1
        return Key(TESTER.client_id, f"turn-{self.turns}", digest("POST", "/", self.turns))

    def _answer(self, future: "Future[Answered]") -> tuple[int, dict[str, Any]]:
        answer = future.result(30).answer
        return answer.status, json.loads(answer.body)

    def hold(self, lines: Any = COAT, minutes: int = 15, **more: Any) -> tuple[int, Any]:
        request = HoldRequest(channel=CHANNEL, lines=tuple(lines), minutes=minutes, **more)
        future: Future[Answered] = Future()
        told = AskedHold(request=request, key=self._key(), by=TESTER)
        self.shop.services.intake.submit_hold(told, future)
        return self._answer(future)

    def release(self, hold_id: str, by: Actor = TESTER) -> tuple[int, Any]:
        future: Future[Answered] = Future()
        told = Releasing(hold_id=parse_public_id("hld", hold_id), key=self._key(), by=by)
        self.shop.services.intake.submit_release(told, future)
        return self._answer(future)

    def order(self, lines: Any = COAT, hold: str | None = None) -> tuple[int, Any]:
        self.turns += 1
        request = order_request(lines, f"buyer-{self.turns}")
        if hold is not None:
            delivery = replace(request.deliveries[0], hold=parse_public_id("hld", hold))
            request = replace(request, deliveries=(delivery,))
        asking = replace(asked(TESTER, f"order-{self.turns}", lines), request=request)
        future: Future[Answered] = Future()
        self.shop.services.intake.submit(asking, future)
        return self._answer(future)

    def reserved(self) -> dict[str, int]:
        rows = self.shop.database.read(
            lambda tx: tx.execute(
                "select sku, sum(reserved)::int from stock_level "
                "where sku in ('COAT', 'HAT') group by sku order by sku"
            ).fetchall()
        )
        return dict(rows)

    def age(self, hold_id: str) -> None:
        """Let a hold's time be over, as if it had been made earlier."""
        id_ = parse_public_id("hld", hold_id)

        def backdate(tx: Any) -> None:
            for table, column in (("reservation", "hold_id"), ("hold", "id")):
                tx.execute(
                    f"update {table} set expires_at = expires_at - interval '1 day' "
                    f"where {column} = %s",
                    [id_],
                )

        self.shop.database.transact(backdate)

    def state(self, hold_id: str) -> str:
        id_ = parse_public_id("hld", hold_id)
        hold = self.shop.database.read(lambda tx: keeping.find_hold(tx, TESTER, id_))
        return hold.state(self.shop.services.clock())


RARE = {("L000", f"RARE{nth}"): 1 for nth in range(6)}
STOCK = {("L000", "COAT"): 2, ("L001", "COAT"): 1, ("L001", "HAT"): 9} | RARE


@pytest.fixture
def counter(database: Database, new_id: NewId) -> Iterator[Counter]:
    with open_shop(database, new_id, STOCK, locations=2) as shop:
        yield Counter(shop)
        assert not check_now(database)


def test_what_is_held_is_nobody_elses_until_it_is_released(counter: Counter) -> None:
    status, hold = counter.hold([("COAT", 3)])
    assert (status, hold["state"]) == (201, "held")
    assert {(each["location"], each["quantity"]) for each in hold["held"]} == {
        ("L000", 2),
        ("L001", 1),
    }
    assert counter.order()[0] == 409
    assert counter.hold()[0] == 409

    assert counter.release(hold["id"])[1]["state"] == "released"
    assert counter.reserved() == {"COAT": 0, "HAT": 0}
    assert counter.release(hold["id"])[0] == 409
    assert counter.order([("COAT", 3)])[0] == 201


def test_a_hold_is_kept_together_where_it_can_be(counter: Counter) -> None:
    _, hold = counter.hold([("COAT", 1), ("HAT", 1)])
    assert {each["location"] for each in hold["held"]} == {"L001"}


def test_an_order_takes_over_its_hold_and_the_rest_comes_back(counter: Counter) -> None:
    _, hold = counter.hold([("COAT", 2), ("HAT", 1)])
    status, order = counter.order([("COAT", 1)], hold=hold["id"])

    assert status == 201
    assert counter.reserved() == {"COAT": 1, "HAT": 0}
    assert counter.state(hold["id"]) == HoldState.CONVERTED
    assert counter.release(hold["id"])[1]["code"] == "hold_ended"
    assert order["fulfillments"][0]["location"] in {each["location"] for each in hold["held"]}


def test_a_hold_becomes_an_order_while_others_race_for_its_units(counter: Counter) -> None:
    """Six times the only unit of an item: a dozen shoppers want it while its holder pays."""
    for turn in range(6):
        scarce = [(f"RARE{turn}", 1)]
        _, hold = counter.hold(scarce)
        with ThreadPoolExecutor(8) as shoppers:
            rivals = [shoppers.submit(counter.order, scarce) for _ in range(6)]
            mine = shoppers.submit(counter.order, scarce, hold["id"])
            rivals += [shoppers.submit(counter.order, scarce) for _ in range(6)]
            assert mine.result()[0] == 201
            assert {each.result()[0] for each in rivals} == {409}


def test_a_sweep_waits_for_nobody(counter: Counter, database: Database) -> None:
    """A level that somebody is at work on is left for later; others are swept meanwhile."""
    for lines in (COAT, (("HAT", 1),)):
        counter.age(counter.hold(lines)[1]["id"])
    now = counter.shop.now
    due = database.read(lambda tx: expiring.list_due(tx, now, 10))

    with psycopg.connect(database.conninfo) as busy:
        busy.execute("select from stock_level where sku = 'COAT' for update")
        assert database.transact(lambda tx: expiring.expire(tx, TESTER, due, now)) == 1
        assert counter.reserved() == {"COAT": 1, "HAT": 0}
    assert database.transact(lambda tx: expiring.expire(tx, TESTER, due, now)) == 1
    assert counter.reserved() == {"COAT": 0, "HAT": 0}


def test_an_expired_hold_is_nobodys_swept_or_not(counter: Counter) -> None:
    _, hold = counter.hold([("COAT", 3)])
    counter.age(hold["id"])

    assert counter.state(hold["id"]) == HoldState.EXPIRED
    assert counter.order([("COAT", 2)])[0] == 201  # Nobody has swept it.
    assert counter.release(hold["id"])[1]["code"] == "hold_ended"
    assert counter.reserved()["COAT"] == 2
    with pytest.raises(Refusal, match="hold_ended"):
        extend(counter, hold["id"])


def test_a_hold_whose_time_is_over_does_not_serve_its_order_twice(counter: Counter) -> None:
    _, hold = counter.hold([("COAT", 3)])
    counter.age(hold["id"])

    assert counter.order([("COAT", 2)], hold=hold["id"])[0] == 201  # As any other order.
    assert counter.state(hold["id"]) == HoldState.EXPIRED
    counter.shop.sweep("holds.expire")
    assert counter.reserved()["COAT"] == 2


def test_the_sweeper_gives_back_what_is_overdue(counter: Counter) -> None:
    _, hold = counter.hold([("COAT", 2)])
    _, fresh = counter.hold([("HAT", 1)])
    counter.age(hold["id"])
    database, now = counter.shop.database, counter.shop.services.clock()

    due = database.read(lambda tx: expiring.list_due(tx, now, 100))
    assert len(due) == 1
    assert database.transact(lambda tx: expiring.expire(tx, TESTER, due, now)) == 1
    assert database.transact(lambda tx: expiring.expire(tx, TESTER, due, now)) == 0
    assert counter.reserved() == {"COAT": 0, "HAT": 1}
    assert counter.state(fresh["id"]) == HoldState.HELD


def extend(counter: Counter, hold_id: str, minutes: int = 60) -> Any:
    id_ = parse_public_id("hld", hold_id)
    now = counter.shop.services.clock()
    return counter.shop.database.transact(lambda tx: keeping.extend(tx, TESTER, id_, minutes, now))


def test_an_extended_hold_stands_longer_but_not_for_ever(counter: Counter) -> None:
    _, hold = counter.hold()
    extended = extend(counter, hold["id"])
    assert extended.expires_at - extended.created_at > timedelta(minutes=59)
    assert all(each.expires_at == extended.expires_at for each in extended.reservations)
    with pytest.raises(Refusal, match="hold_too_long"):
        extend(counter, hold["id"], 24 * 60)
    stranger = replace(TESTER, client_id=UUID(int=99))
    id_ = parse_public_id("hld", hold["id"])
    with pytest.raises(Refusal, match="not_found"):
        counter.shop.database.read(lambda tx: keeping.find_hold(tx, stranger, id_))


def test_a_hold_that_is_extended_as_its_time_ends_stands(
    counter: Counter, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper has found it overdue, and is about to lock its level."""
    _, hold = counter.hold()
    id_, at = parse_public_id("hld", hold["id"]), counter.shop.services.clock()
    lock = holding.lock_idle

    def lock_a_moment_later(tx: Tx, keys: Iterable[Level]) -> frozenset[Level]:
        database.transact(lambda tx: keeping.extend(tx, TESTER, id_, 30, at))
        return lock(tx, keys)

    monkeypatch.setattr(holding, "lock_idle", lock_a_moment_later)
    (due,) = database.read(lambda tx: keeping.find_hold(tx, TESTER, id_)).reservations
    later = at + timedelta(minutes=20)
    assert database.transact(lambda tx: expiring.expire(tx, SYSTEM, [due.id], later)) == 0
    assert counter.state(hold["id"]) == HoldState.HELD
    assert counter.reserved()["COAT"] == 1


def test_nobody_holds_more_than_their_share(counter: Counter) -> None:
    """Eight hands of one shopper at once: ten holds, whatever the race."""
    with ThreadPoolExecutor(8) as hands:
        told = hands.map(lambda _: counter.hold([("HAT", 1)], reference="anna")[1], range(9))
    assert [each["state"] for each in told] == ["held"] * 9
    assert counter.hold([("COAT", 1)], reference="anna")[0] == 201
    assert counter.hold([("COAT", 1)], reference="anna")[1]["code"] == "too_many_holds"
    assert counter.hold([("COAT", 1)], reference="berta")[0] == 201


def test_a_stranger_can_neither_release_nor_use_a_hold(counter: Counter) -> None:
    _, hold = counter.hold()
    stranger = replace(TESTER, client_id=UUID(int=99))
    assert counter.release(hold["id"], by=stranger)[1]["code"] == "not_found"
    assert counter.order(hold=public_id("hld", UUID(int=5)))[1]["code"] == "not_found"
    assert counter.state(hold["id"]) == HoldState.HELD
