"""What comes: told once however often, less as it comes, whatever comes first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build, place_id

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Saved
from ovunque.orders.checking import check_now
from ovunque.platform import journal
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings
from ovunque.sourcing.foreseeing import promisable
from ovunque.sourcing.selling import reach_of
from ovunque.stock.expecting import list_incoming, save_incoming
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.expecting import Incoming, IncomingRequest
from ovunque.stock.moving import move
from ovunque.stock.transferring import (
    TransferRequest,
    TransferStep,
    dispatch_transfer,
    plan_transfer,
    receive_transfer,
)

WORLD = World(locations=3, skus=["COAT", "HAT"], stock={("L000", "COAT"): 2, ("L000", "HAT"): 9})
TODAY = now().date()
SECONDS_MAX = 10


@pytest.fixture
def house(database: Database, new_id: NewId) -> Iterator[Services]:
    build(database, WORLD, TESTER, new_id, now())
    with furnish(Settings(), database) as services:
        yield services
    assert check_now(database) == ()


def delivery(
    units: int, *, days: int = 7, reference: str = "PO-1", place: str = "L000", late: int = 3
) -> IncomingRequest:
    return IncomingRequest(
        reference=reference,
        location=place,
        sku="COAT",
        quantity=units,
        due_on=TODAY + timedelta(days=days),
        late_days=late,
    )


def announce(database: Database, *requests: IncomingRequest) -> Saved:
    return database.transact(lambda tx: save_incoming(tx, TESTER, requests, now()))


def come(database: Database, name: str, units: int, reference: str | None = "PO-1") -> None:
    at = database.read(lambda tx: place_id(tx, "L000"))
    told = Movement(
        id=name,
        key=Key("COAT", at),
        kind=MovementKind.RECEIVED,
        quantity=units,
        occurred_at=now(),
        reference=reference,
    )
    database.transact(lambda tx: move(tx, TESTER, "wms", [told], now()))


def standing(database: Database, *, is_open: bool = True) -> list[tuple[str, int, int]]:
    found: tuple[Incoming, ...] = database.read(lambda tx: list_incoming(tx, is_open=is_open))
    return [(each.reference, each.quantity, each.received) for each in found]


def ahead(house: Services) -> dict[int, int]:
    """What the web shop may promise, by days from today."""
    snapshot = house.snapshot()
    reach = reach_of(snapshot.network.channels[CHANNEL], snapshot.network, None)
    found = promisable(snapshot, reach, "COAT", now())
    return {(day - TODAY).days: units for day, units in found}


def is_told(house: Services, expected: dict[int, int]) -> bool:
    return wait_until(lambda: ahead(house) == expected, seconds=SECONDS_MAX)


def test_a_delivery_told_again_is_the_same_one(database: Database, house: Services) -> None:
    assert announce(database, delivery(5)) == Saved(created=1)
    before = database.read(journal.end)
    assert announce(database, delivery(5)) == Saved(unchanged=1)
    assert database.read(lambda tx: journal.read(tx, before, 9)) == (), "nothing changed"
    assert announce(database, delivery(4, days=9), delivery(2, place="L001")) == Saved(
        created=1, changed=1
    )

    assert standing(database) == [("PO-1", 4, 0), ("PO-1", 2, 0)]
    assert is_told(house, {7: 2, 9: 4})


def test_a_receipt_makes_it_less_and_comes_once(database: Database, house: Services) -> None:
    announce(database, delivery(5))
    for _ in range(2):
        come(database, "m1", 3)
    come(database, "m2", 1, reference=None)

    assert standing(database) == [("PO-1", 5, 3)]
    assert is_told(house, {7: 2})
    come(database, "m3", 4)

    assert standing(database) == [], "more than was announced"
    assert standing(database, is_open=False) == [("PO-1", 5, 7)]
    assert is_told(house, {})


def test_a_receipt_that_comes_before_its_announcement_counts(
    database: Database, house: Services
) -> None:
    come(database, "m1", 3)
    announce(database, delivery(5))

    assert standing(database) == [("PO-1", 5, 3)]
    announce(database, delivery(0))
    assert standing(database) == []


def test_a_receipt_and_its_announcement_at_the_same_moment(
    database: Database, house: Services
) -> None:
    """Each would miss the other, if both did not hold the item's row."""
    for nth in range(12):
        reference, start = f"PO-{nth}", Barrier(2)

        def tell(reference: str = reference, start: Barrier = start) -> None:
            start.wait()
            announce(database, delivery(5, reference=reference))

        def arrive(reference: str = reference, start: Barrier = start) -> None:
            start.wait()
            come(database, f"m-{reference}", 5, reference)

        with ThreadPoolExecutor(2) as both:
            for done in [both.submit(tell), both.submit(arrive)]:
                done.result()

    assert standing(database) == []


def test_what_is_late_is_promised_on_for_some_days(database: Database, house: Services) -> None:
    announce(
        database,
        delivery(5, days=-3, reference="late"),
        delivery(7, days=-4, reference="lost"),
        delivery(2, days=1, reference="soon"),
    )

    assert is_told(house, {0: 5, 1: 2})
    overdue = [each.reference for each in database.read(list_incoming) if each.is_overdue(TODAY)]
    assert overdue == ["late", "lost"], "it is shown all the same"


def test_a_transfer_under_way_comes_to_where_it_goes(
    database: Database, house: Services, new_id: NewId
) -> None:
    ids = database.read(lambda tx: [place_id(tx, code) for code in ("L000", "L001")])
    planned = TransferRequest(
        id=new_id(),
        external_id="T-1",
        from_id=ids[0],
        to_id=ids[1],
        units={"COAT": 2},
        expected_at=now() + timedelta(days=2),
    )
    database.transact(lambda tx: plan_transfer(tx, TESTER, planned, now()))
    step = TransferStep(transfer_id=planned.id)
    database.transact(lambda tx: dispatch_transfer(tx, TESTER, step, now()))
    due = (now() + timedelta(days=2)).astimezone().date() - TODAY
    assert wait_until(lambda: sum(ahead(house).values()) == 2, SECONDS_MAX)
    assert max(ahead(house)) - due.days in (0, 1), "by the calendar of the place"

    some = TransferStep(transfer_id=planned.id, units={"COAT": 1}, last=False)
    database.transact(lambda tx: receive_transfer(tx, TESTER, some, now()))
    assert wait_until(lambda: sum(ahead(house).values()) == 1, SECONDS_MAX)
    rest = TransferStep(transfer_id=planned.id, units={}, last=True)
    database.transact(lambda tx: receive_transfer(tx, TESTER, rest, now()))
    assert is_told(house, {}), "what is missing does not come"


def test_what_is_wrong_is_refused_as_a_whole(database: Database, house: Services) -> None:
    wrong = [delivery(1), delivery(1), delivery(1, place="NO-SUCH"), delivery(-1, reference="x")]
    with pytest.raises(Refusal) as refused:
        announce(database, *wrong)

    told = [(each.pointer, each.code) for each in refused.value.errors]
    assert told == [
        ("/1/reference", "duplicate"),
        ("/2/location", "unknown_reference"),
        ("/3/quantity", "out_of_bounds"),
    ]
    assert standing(database) == []
