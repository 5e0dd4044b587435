"""A database is often another machine: an order waits for it twice, and not once a statement."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.factories import TESTER
from tests.worlds import World, asked, build

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.kernel.ids import NewId
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Tx, Writer
from ovunque.platform.settings import Settings

SENT = re.compile(r"\tF\t\d+\t(\w+)")
WAITS = 2  # For what is known of all that it asks, and for its commit.


@pytest.fixture
def house(database: Database, new_id: NewId) -> Iterator[Services]:
    stock = {("L000", "COAT"): 9, ("L001", "HAT"): 9}
    build(database, World(locations=2, skus=["COAT", "HAT"], stock=stock), TESTER, new_id, now())
    with furnish(Settings(), database) as services:
        services.intake.close()  # Its thread ends; we write by hand.
        yield services


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Callable[[], object]], int]:
    """How often a writer waits for its answers: it asks for them by a message of its own."""
    connections: list[Tx] = []
    opened = Writer._open

    def remembered(writer: Writer) -> Tx:
        connections.append(opened(writer))
        return connections[-1]

    monkeypatch.setattr(Writer, "_open", remembered)

    def count(work: Callable[[], object]) -> int:
        session, trace = connections[-1].pgconn, tmp_path / "trace"
        with trace.open("w") as file:
            session.trace(file.fileno())
            work()
            session.untrace()
        sent = [name in ("Flush", "Sync") for name in SENT.findall(trace.read_text())]
        return sum(asked and not again for asked, again in pairwise([*sent, False]))

    return count


def place(house: Services, *asking: Asked) -> list[int]:
    """Answered as one batch: the statuses."""
    outcomes = house.intake.write(house.intake.enter_all(asking))
    return [each.answer.status for each in outcomes if isinstance(each, Answered)]


def test_an_order_waits_for_the_database_twice(
    house: Services, waits: Callable[[Callable[[], object]], int]
) -> None:
    carts = [asked(TESTER, f"cart-{nth}", [("COAT", 1), ("HAT", 1)]) for nth in range(6)]
    named = [
        replace(each, request=replace(each.request, external_id=f"SHOP-{nth}"))
        for nth, each in enumerate(carts)
    ]
    assert place(house, named[0]) == [201]

    assert waits(lambda: place(house, named[1])) == WAITS
    assert waits(lambda: place(house, *named[2:])) == WAITS
    assert waits(lambda: place(house, named[1])) == WAITS, "also when it is told again"
