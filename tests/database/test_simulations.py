"""Simulations that the worker runs: asked for, looked at, called off, begun anew after a crash."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import active_children, get_context
from threading import Event

import psycopg
import pytest
from tests.factories import NOW, TESTER
from tests.shops import open_shop
from tests.worlds import World, build, place_code

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.simulation import asking, running, store
from ovunque.simulation.gathering import gather
from ovunque.simulation.model import FileLine, FileOrder, Simulation, Source, State
from ovunque.simulation.replaying import CHUNK, FIRST, Stream
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import PlanStep, Strategy
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move

SKUS = ["COAT", "HAT"]
SECONDS_MAX = 60
STORES = Strategy(
    code="stores", name="Stores", steps=(PlanStep(name="S", kinds=(LocationKind.STORE,)),)
)


@pytest.fixture
def ready(database: Database, new_id: NewId) -> Database:
    """A warehouse and three stores, and a draft that nobody published."""
    stock = {(place_code(nth), sku): 40 for nth in range(4) for sku in SKUS}
    build(database, World(locations=4, skus=SKUS, stock=stock), TESTER, new_id, NOW)
    database.transact(lambda tx: publishing.save_draft(tx, TESTER, STORES, NOW))
    return database


def ask(database: Database, new_id: NewId, source: Source) -> Simulation:
    return database.transact(
        lambda tx: asking.ask(tx, TESTER, asking.find_drafts(tx, ["stores"]), source, (new_id, NOW))
    )


def find(database: Database, asked: Simulation) -> Simulation:
    return database.read(lambda tx: asking.find(tx, asked.id))


def at_once(make: Callable[[], Stream]) -> Stream:
    return make()


def run(database: Database, at: datetime = NOW) -> bool:
    return running.run_next(database.url, lambda: at, at_once)


def test_it_is_run_once_and_tells_which_orders_change(ready: Database, new_id: NewId) -> None:
    asked = ask(ready, new_id, Source(generate=30))
    assert (asked.state, asked.result) == (State.WAITING, None)
    assert run(ready)
    assert not run(ready)

    found = find(ready, asked)
    assert (found.state, found.done, found.total) == (State.DONE, 30, 30)
    assert found.result is not None
    now, stores = found.result["arms"]
    assert now["strategy"] == ""
    assert now["load"] == {"L000": 30}
    assert found.result["gaps"] == ["stock_of_today", "work_of_today", "rules_of_today"]
    listed = ready.read(lambda tx: store.list_changed(tx, asked.id, 0, 100))
    assert [nth for nth, _ in listed] == [*range(1, stores["changed"] + 1)]
    assert listed[0][1].before == ("L000",)
    behind = ready.read(lambda tx: store.list_changed(tx, asked.id, 29, 100))
    assert [nth for nth, _ in behind] == [30]


def test_called_off_it_stops_where_it_is(ready: Database, new_id: NewId) -> None:
    """While it runs: it says so at its next look, and writes nothing any more."""
    asked = ask(ready, new_id, Source(generate=FIRST + 2 * CHUNK))
    seen: list[State] = []

    def call_off(make: Callable[[], Stream]) -> Iterator[object]:
        for nth, each in enumerate(make()):
            if nth == 1:
                ready.transact(lambda tx: asking.cancel(tx, TESTER, asked.id, NOW))
                seen.append(find(ready, asked).state)
            yield each

    assert running.run_next(ready.url, lambda: NOW, call_off)  # type: ignore[arg-type]
    found = find(ready, asked)
    assert State.CANCELED in seen
    assert found.state == State.CANCELED
    assert found.done < found.total
    assert not ready.read(lambda tx: store.list_changed(tx, asked.id, 0, 1))
    assert ready.transact(lambda tx: asking.cancel(tx, TESTER, asked.id, NOW)) == found


def test_whose_runner_died_is_begun_anew_but_not_for_ever(ready: Database, new_id: NewId) -> None:
    asked = ask(ready, new_id, Source(generate=5))
    first = ready.transact(lambda tx: store.claim(tx, NOW))
    assert first is not None
    assert not run(ready, NOW + timedelta(seconds=60))  # Whoever has it may be alive.
    later = NOW + store.LEASE + timedelta(seconds=1)
    again = ready.transact(lambda tx: store.claim(tx, later))
    assert again is not None
    # The dead one wakes up: what it says does not count.
    assert not ready.transact(lambda tx: store.save_progress(tx, first, later))
    for nth in (2, 3):
        assert run(ready, NOW + nth * (store.LEASE + timedelta(seconds=1))) or nth == 3
    assert find(ready, asked).state == State.DONE

    other = ask(ready, new_id, Source(generate=5))
    for nth in range(asking.ATTEMPTS_MAX):
        at = NOW + (nth + 1) * (store.LEASE + timedelta(seconds=1))
        assert ready.transact(lambda tx, at=at: store.claim(tx, at)) is not None  # type: ignore[misc]
    assert run(ready, NOW + timedelta(hours=1))
    failed = find(ready, other)
    assert (failed.state, failed.done) == (State.FAILED, 0)
    assert "again and again" in (failed.reason or "")


def test_a_process_of_the_worker_that_is_killed_is_followed_by_another(
    ready: Database, new_id: NewId
) -> None:
    """Its figures so far are there, nothing of it stays, and the next one tells the same."""
    line = FileLine(sku="HAT", quantity=1)
    orders = tuple(
        FileOrder(id=f"A{nth}", at=NOW, channel="web-it", postal_code="20121", lines=(line,))
        for nth in range(FIRST + 10)
    )
    asked, same = (ask(ready, new_id, Source(orders=orders)) for _ in range(2))
    assert run(ready)
    with ThreadPoolExecutor(1) as worker, psycopg.connect(ready.url) as held:
        # Whoever has all figures waits here, and can be hit.
        held.execute("set idle_in_transaction_session_timeout = 0")
        held.execute("lock table simulation_order in access exclusive mode")
        at_work = worker.submit(running.run_due, ready.url, ready, Event())
        assert wait_until(lambda: find(ready, same).done > 0, SECONDS_MAX)
        (child,) = (each for each in active_children() if each.name == "simulation")
        os.kill(child.pid or 0, signal.SIGKILL)
        assert at_work.result(SECONDS_MAX) == 1
    told = find(ready, same)
    assert (told.state, told.attempts, told.result is not None) == (State.RUNNING, 1, True)
    assert not ready.read(lambda tx: store.list_changed(tx, same.id, 0, 1))
    assert running.run_due(ready.url, ready, Event()) == 0  # It may be alive, for all we know.

    longer = "update simulation set alive_at = alive_at - interval '1 hour'"
    ready.transact(lambda tx: tx.execute(longer))
    assert running.run_due(ready.url, ready, Event()) == 1
    told = find(ready, same)
    assert (told.state, told.attempts) == (State.DONE, 2)
    assert told.result == find(ready, asked).result
    assert running.run_due(ready.url, ready, Event()) == 0


def test_a_worker_that_is_to_end_waits_for_no_simulation() -> None:
    process = get_context("fork").Process(target=signal.pause)
    process.start()
    ending = Event()
    ending.set()
    running.wait_for(process, ending)
    assert process.exitcode == -signal.SIGTERM


def test_what_cannot_be_replayed_is_refused_or_fails_with_a_word(
    ready: Database, new_id: NewId
) -> None:
    for wrong in (Source(), Source(days=1, generate=1), Source(days=999)):
        with pytest.raises(Refusal):
            ask(ready, new_id, wrong)
    line = FileLine(sku="NO", quantity=1)
    order = FileOrder(id="A", at=NOW, channel="web-it", postal_code="20121", lines=(line,))
    asked = ask(ready, new_id, Source(orders=(order,)))
    good = replace_line(order, "HAT")
    sound = ask(ready, new_id, Source(orders=(good,)))
    assert run(ready)
    assert run(ready)
    failed = find(ready, asked)
    assert (failed.state, "not known" in (failed.reason or "")) == (State.FAILED, True)
    assert find(ready, sound).state == State.DONE
    for _ in range(asking.OPEN_MAX):
        ask(ready, new_id, Source(generate=1))
    with pytest.raises(Refusal) as refused:
        ask(ready, new_id, Source(generate=1))
    assert refused.value.code == "queue_full"


def replace_line(order: FileOrder, sku: str) -> FileOrder:
    return FileOrder(
        id=order.id,
        at=order.at,
        channel=order.channel,
        postal_code=order.postal_code,
        lines=(FileLine(sku=sku, quantity=1),),
    )


def test_goods_that_came_in_between_are_there_from_then_on(
    database: Database, new_id: NewId
) -> None:
    """A delivery between two orders is there for the second one, not for the first."""
    with open_shop(database, new_id, {("L001", "HAT"): 2}) as shop:
        since = shop.now - timedelta(seconds=1)
        first = shop.order([("HAT", 1)])
        (work,) = first.fulfillments
        came = Movement(
            id="m-1",
            key=Key("HAT", work.location_id),
            kind=MovementKind.RECEIVED,
            quantity=5,
            occurred_at=clock.now(),
        )
        database.transact(lambda tx: move(tx, TESTER, "wms", [came], clock.now()))
        shop.order([("HAT", 1)])
        snapshot = shop.services.snapshot()
        past = database.read(lambda tx: gather(tx, snapshot, since))
    position = snapshot.network.position_of[work.location_id]
    assert [each.came for each in past.orders] == [(), (("HAT", position, 5),)]
    assert past.put_back == {("HAT", position): 2 - 5}
    assert replace(past.orders[0], came=()) == past.orders[0]
