"""What became of a promise, and on whose side it lies."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ovunque.delivery.rules.arrival import Trip
from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.promise.learning import worked
from ovunque.promise.model import Outcome
from ovunque.promise.rules.scoring import Due, has_drifted, score
from ovunque.sourcing.model import Deviation

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DUE = Due(
    order_id=UUID(int=1),
    delivery=0,
    earliest=MONDAY + 2 * DAY,
    latest=MONDAY + 3 * DAY,
    deviation=None,
    hand_over_by=MONDAY + DAY,
)
WORK = Fulfillment(
    id=UUID(int=2),
    order_id=UUID(int=1),
    delivery=0,
    location_id=UUID(int=3),
    carrier_service_id=UUID(int=4),
    service="home",
    state=FulfillmentState.DELIVERED,
    planned_at=MONDAY,
    offer_at=MONDAY,
    changed_at=MONDAY + 2 * DAY,
    lines=(),
    arrives_at=MONDAY + 5 * DAY,
)
S = FulfillmentState


@pytest.mark.parametrize(
    ("state", "days", "outcome", "blame"),
    [
        (S.DELIVERED, 2, Outcome.KEPT, None),
        (S.DELIVERED, 1, Outcome.EARLY, None),
        (S.DELIVERED, 4, Outcome.LATE, "carrier"),
        (S.SHIPPED, 1, Outcome.LATE, "carrier"),
        (S.ACCEPTED, 1, Outcome.LATE, "store"),
        (S.CANCELED, 1, Outcome.VOID, None),
    ],
)
def test_a_promise_is_kept_early_or_late(
    state: FulfillmentState, days: int, outcome: Outcome, blame: str | None
) -> None:
    work = replace(WORK, state=state, changed_at=MONDAY + days * DAY)
    found = score(DUE, [work], DUE.latest + DAY)
    assert (found.outcome, found.blame) == (outcome, blame)
    assert (found.expected is not None) == (outcome == Outcome.LATE)


def test_all_of_it_has_to_be_there() -> None:
    other = replace(WORK, id=UUID(int=5), state=S.SHIPPED)
    assert score(DUE, [WORK, other], DUE.latest + DAY).outcome == Outcome.LATE


def test_what_waits_on_the_shelf_has_arrived() -> None:
    shelf = replace(WORK, carrier_service_id=None, state=S.READY)
    assert score(DUE, [shelf], DUE.latest + DAY).outcome == Outcome.KEPT
    fetched = replace(shelf, state=S.COLLECTED, changed_at=DUE.latest + DAY / 2)
    assert score(DUE, [fetched], DUE.latest + DAY).outcome == Outcome.KEPT


def test_what_was_sent_to_a_store_has_arrived_when_it_is_there() -> None:
    sent = replace(WORK, collect_at=UUID(int=6), arrived_at=DUE.latest - DAY / 2)
    for state, days in ((S.READY, 2), (S.COLLECTED, 6)):
        there = replace(sent, state=state, changed_at=MONDAY + days * DAY)
        found = score(DUE, [there], DUE.latest + DAY)
        assert (found.outcome, found.arrived_at) == (Outcome.KEPT, sent.arrived_at)


def test_what_is_late_on_its_way_to_a_store_is_its_carriers() -> None:
    under_way = replace(WORK, collect_at=UUID(int=6), state=S.AWAITING_ARRIVAL)
    too_late = replace(under_way, state=S.READY, arrived_at=DUE.latest + DAY / 2)
    for work in (under_way, too_late):
        found = score(DUE, [work], DUE.latest + DAY)
        assert (found.outcome, found.blame) == (Outcome.LATE, "carrier")


def test_a_plan_that_was_late_from_the_start_is_nobodys_in_a_store() -> None:
    late = replace(DUE, deviation=Deviation.LATE)
    work = replace(WORK, state=S.ACCEPTED)
    assert score(late, [work], DUE.latest + DAY).blame == "system"


def test_drift_is_told_when_enough_is_known() -> None:
    assert not has_drifted(149, 0, 900_000)
    assert not has_drifted(1_000, 880, 900_000)
    assert has_drifted(1_000, 870, 900_000)
    assert has_drifted(1_000, 930, 900_000)


def test_days_on_which_a_carrier_works() -> None:
    """From Friday to Wednesday, with Italy's 2 June between: Monday and Wednesday."""
    trip = Trip(
        origin="IT",
        destination="IT",
        days=frozenset({1, 2, 3, 4, 5}),
        zone=ZoneInfo("Europe/Rome"),
    )
    assert worked(trip, date(2026, 5, 29), date(2026, 6, 3)) == 2
