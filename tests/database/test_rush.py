"""The rush: fifty buyers at once for the last ten units."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from tests.factories import TESTER
from tests.worlds import World, asked, build

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.orders.placing import Answered
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

BUYERS = 50
UNITS = 10


@dataclass(frozen=True)
class Layout:
    """What lies where, and what each buyer wants: who can be served is known beforehand."""

    world: World
    cart: Sequence[tuple[str, int]]
    served: int


LAYOUTS = {
    "one location": Layout(
        World(locations=3, skus=["COAT"], stock={("L001", "COAT"): UNITS}), [("COAT", 1)], 10
    ),
    "one unit in each of ten": Layout(
        World(
            locations=12,
            skus=["COAT"],
            stock={(f"L{nth:03}", "COAT"): 1 for nth in range(1, UNITS + 1)},
        ),
        [("COAT", 1)],
        10,
    ),
    "carts that need two items": Layout(
        World(
            locations=4,
            skus=["COAT", "HAT"],
            stock={
                **{(f"L{nth:03}", "COAT"): 5 for nth in (1, 2)},
                **{(f"L{nth:03}", "HAT"): 5 for nth in (2, 3)},
            },
        ),
        [("COAT", 1), ("HAT", 1)],
        10,
    ),
    "the same item twice in a cart": Layout(
        World(
            locations=12,
            skus=["COAT"],
            stock={(f"L{nth:03}", "COAT"): 1 for nth in range(1, UNITS + 1)},
        ),
        [("COAT", 1), ("COAT", 1)],
        5,
    ),
}


@contextmanager
def houses(database: Database, count: int) -> Iterator[list[Services]]:
    """Several serving processes' worth of snapshots, intakes and writers on one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(furnish(Settings(), database)) for _ in range(count)]


@pytest.mark.parametrize("intakes", [1, 2, 4])
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_last_units_are_sold_exactly(
    database: Database, new_id: NewId, name: str, intakes: int
) -> None:
    layout = LAYOUTS[name]
    build(database, layout.world, TESTER, new_id, now())

    with houses(database, intakes) as running:
        answers: list[Future[Answered]] = []
        for buyer in range(BUYERS):
            answer: Future[Answered] = Future()
            asking = asked(TESTER, f"buyer-{buyer}", layout.cart)
            running[buyer % intakes].intake.submit(asking, answer)
            answers.append(answer)
        assert not wait(answers, timeout=60).not_done

    statuses = Counter(answer.result().answer.status for answer in answers)
    codes = {
        json.loads(answer.result().answer.body)["code"]
        for answer in answers
        if answer.result().answer.status != 201
    }
    assert statuses == {201: layout.served, 409: BUYERS - layout.served}
    assert codes == {"out_of_stock"}
    assert free_units(database, "COAT") == 0
    assert check_now(database) == ()


def free_units(database: Database, sku: str) -> int:
    row = database.read(
        lambda tx: tx.execute(
            "select sum(on_hand - unavailable - reserved) from stock_level where sku = %s", [sku]
        ).fetchone()
    )
    assert row is not None
    return int(row[0])
