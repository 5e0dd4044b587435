"""Replays: the same figures for the same orders, each strategy on stock of its own."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tests.factories import NOW, TESTER
from tests.shops import Shop, open_shop
from tests.worlds import World, build, place_code

from ovunque.cli.simulate import describe
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.platform.database import Database
from ovunque.simulation.gathering import Past, gather, generate, read_orders
from ovunque.simulation.preparing import shelf_of
from ovunque.simulation.replaying import FIRST, Arm, PastOrder, Replay, replay
from ovunque.simulation.sharing import apart
from ovunque.simulation.telling import document_of
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.glancing import Glance
from ovunque.sourcing.model.ruling import Aim, Measure, Otherwise, PlanStep, Strategy, Tolerance
from ovunque.sourcing.outlining import outline
from ovunque.sourcing.planning import Shelf, Wish, snapshot_shelf
from ovunque.sourcing.routing import LaneBook
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering
from ovunque.sourcing.trying import with_draft

ORDERS = 120
FEW, SCATTERED = (6, 2, 1, 1), (2, 6, 1, 1)  # How often none, one, two or five lie at a place.
SKUS = ["COAT", "HAT", "SCARF"]
STORES = Strategy(
    code="stores",
    name="Stores",
    steps=(PlanStep(name="Stores", kinds=(LocationKind.STORE,), aim=Aim.LOWEST_EMISSIONS),),
)
CHEAP = Tolerance(by=Measure.COST)
ONE = Strategy(code="one", name="One parcel", steps=(PlanStep(name="One", parcels_max=1),))


@pytest.fixture
def snapshot(database: Database, new_id: NewId) -> Snapshot:
    """A warehouse and seven stores, whose goods run out on the way."""
    stock = {(place_code(nth), sku): 4 + 30 * (nth == 0) for nth in range(8) for sku in SKUS}
    world = World(locations=8, skus=SKUS, stock=stock)
    build(database, world, TESTER, new_id, NOW)
    return database.read(sourcing_snapshot.load)


def arms(snapshot: Snapshot) -> list[Arm]:
    return [
        Arm(name="now", steering=snapshot.steering),
        *(
            Arm(name=each.code, steering=with_draft(snapshot.steering, each, NOW))
            for each in (STORES, ONE)
        ),
    ]


def states(snapshot: Snapshot, orders: Sequence[PastOrder], shelf: Shelf) -> list[int]:
    return [each.done for each in replay(snapshot, orders, arms(snapshot), shelf)]


def last(snapshot: Snapshot, orders: Sequence[PastOrder], shelf: Shelf, **more: object) -> Replay:
    (*_, state) = replay(snapshot, orders, arms(snapshot), shelf, **more)  # type: ignore[arg-type]
    return state


def test_the_same_seed_gives_the_same_figures_to_the_cent(snapshot: Snapshot) -> None:
    orders = [*generate(snapshot, ORDERS, 5, NOW)]
    assert orders == [*generate(snapshot, ORDERS, 5, NOW)]
    assert orders != [*generate(snapshot, ORDERS, 6, NOW)]
    shelf = snapshot_shelf(snapshot, NOW)

    one, two = (document_of(last(snapshot, orders, shelf)) for _ in range(2))
    in_processes = document_of(last(snapshot, orders, shelf, run=apart))

    assert json.dumps(one, default=list) == json.dumps(two, default=list)
    assert one == in_processes
    assert states(snapshot, orders, shelf)[0] == FIRST
    now, stores, _ = one["arms"]
    assert (now["orders"], now["changed"]) == (ORDERS, 0)
    assert stores["changed"] > 0
    assert stores["load"].get(place_code(0), 0) < now["load"][place_code(0)]
    assert stores["emissions_g"] <= now["emissions_g"]
    assert "orders that change" in "\n".join(describe(last(snapshot, orders, shelf), "EUR"))


def test_each_strategy_has_its_own_stock_and_what_nobody_serves_is_counted(
    snapshot: Snapshot,
) -> None:
    """62 units of each item: when they are gone, they are gone for every arm."""
    orders = [*generate(snapshot, 250, 1, NOW)]
    state = last(snapshot, orders, snapshot_shelf(snapshot, NOW))
    asked = sum(each.quantity for order in orders for need in order.needs for each in need.demands)
    for each in state.figures:
        assert sum(each.load.values()) == each.parcels
        assert each.unfillable > 0
        assert each.unfilled_units >= asked - 3 * 62


def test_stored_orders_are_replayed_on_what_lay_there_before_them(
    database: Database, new_id: NewId
) -> None:
    """The last hat was sold: replayed, it is there again, and its order is served as it was."""
    with open_shop(database, new_id, {("L001", "HAT"): 1}) as shop:
        order = shop.order([("HAT", 1)])
        snapshot = shop.services.snapshot()
        since = shop.now - timedelta(days=1)
        past = database.read(lambda tx: gather(tx, snapshot, since))
        state = last_of(snapshot, past, shop)
        nothing = database.read(lambda tx: gather(tx, snapshot, shop.now + timedelta(days=1)))

    assert [each.reference for each in past.orders] == [order.number]
    assert past.put_back == {("HAT", snapshot.network.position_of[_place(snapshot)]): 1}
    assert state.figures[0].load == {"L001": 1}
    assert state.figures[0].unfillable == 0
    assert nothing.orders == ()


def test_a_glance_says_what_the_whole_search_says(snapshot: Snapshot) -> None:
    """By each aim and filter; what lies where is drawn anew for each order."""
    scatter(snapshot, cents=900, minutes=4_000)
    steps = [
        *(PlanStep(name=aim, aim=aim) for aim in Aim),
        PlanStep(name="k", keep_units=2, keeps_promise=True, aim=Aim.FASTEST),
        PlanStep(name="d", days_max=2, aim=Aim.LOWEST_EMISSIONS, parcels_max=2),
        PlanStep(name="p", kinds=(LocationKind.STORE,), part=True, distance_km_max=200),
        PlanStep(name="t", goals=(Tolerance(by=Measure.TIME, within=9_000), CHEAP)),
    ]
    seen = 0
    for otherwise in Otherwise:
        for first, second in pairwise([*steps, steps[0]]):
            strategy = Strategy(code="x", name="X", steps=(first, second), otherwise=otherwise)
            steering = with_draft(snapshot.steering, strategy, NOW)
            seen += compare(snapshot, steering)
    seen += compare(snapshot, snapshot.steering)
    # Where none is dearer or later than another, two parcels from near beat one from far, and
    # stores may serve together what the warehouse has whole.
    scatter(snapshot, cents=0, minutes=0)
    for first in (steps[2], PlanStep(name="s", kinds=(LocationKind.STORE,))):
        strategy = Strategy(code="x", name="X", steps=(first, steps[0]))
        seen += compare(snapshot, with_draft(snapshot.steering, strategy, NOW), SCATTERED)
    assert seen > 200


def scatter(snapshot: Snapshot, *, cents: int, minutes: int) -> None:
    """Every third location is dearer and sooner by so much; every fourth is farther."""
    far = [
        replace(
            each,
            handling_cents=100 + cents * (2 - nth % 3),
            handling_minutes=60 + minutes * (nth % 3),
            latitude_e6=each.latitude_e6 + 900_000 * (nth % 4),
        )
        for nth, each in enumerate(snapshot.network.locations)
    ]
    snapshot.network = replace(snapshot.network, locations=tuple(far))
    snapshot.lanes = LaneBook(snapshot.network, snapshot.delivery)


def compare(snapshot: Snapshot, steering: Steering, odds: Sequence[int] = FEW) -> int:
    """How many orders a glance was enough for; what it said is what the search says."""
    glance, shelf, seen = Glance(snapshot, steering), snapshot_shelf(snapshot, NOW).apart(), 0
    chance = Random(7)
    for nth, order in enumerate(generate(snapshot, 90, 7, NOW)):
        for sku in SKUS:
            row = shelf.free(sku)
            row[:] = chance.choices([0, 1, 2, 5], odds, k=len(row))
        (need,) = order.needs
        more = replace(need.demands[0], quantity=1 + nth % 3, weight_g=(9_000, 400)[nth % 4 // 2])
        need = replace(need, demands=(more, *need.demands[1:]))
        wish = Wish(
            channel=snapshot.network.channels[order.channel],
            needs=(need,),
            whole=False,
            now=order.at,
            value_cents=order.value_cents,
            steering=steering,
        )
        searched = outline(snapshot, shelf, wish, need)
        found = glance.outline(shelf, wish, need)
        assert found in (None, searched), (nth, steering.versions)
        seen += found is not None
    return seen


def _place(snapshot: Snapshot) -> UUID:
    return snapshot.network.by_code["L001"].id


def last_of(snapshot: Snapshot, past: Past, shop: Shop) -> Replay:
    return last(snapshot, past.orders, shelf_of(snapshot, past, shop.now))


def test_a_file_of_orders_is_read_or_refused_by_its_line(snapshot: Snapshot) -> None:
    line = {
        "id": "A-1",
        "at": "2026-03-02T10:00:00Z",
        "channel": "web-it",
        "postal_code": "20121",
        "lines": [{"sku": "COAT", "quantity": 2}],
    }
    (order,) = read_orders(snapshot, [json.dumps(line).encode(), b"\n"])
    assert (order.reference, order.needs[0].demands[0].quantity) == ("A-1", 2)
    wrongs: tuple[dict[str, Any], ...] = (
        {"lines": []},
        {"channel": "nowhere"},
        {"at": "2026-03-02T10:00:00"},
        {"x": 1},
    )
    for wrong in (*wrongs, {"lines": [{"sku": "NO", "quantity": 1}]}):
        with pytest.raises(Refusal) as refused:
            [*read_orders(snapshot, [json.dumps(line | wrong).encode()])]
        assert refused.value.errors[0].pointer == "/1"
