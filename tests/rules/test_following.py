"""How far a delivery is, told to whom it goes."""

from dataclasses import replace

import pytest
from tests.factories import NOW
from tests.rules.test_fulfillment_rules import parcel, work

from ovunque.fulfillment.model import FulfillmentState as S
from ovunque.fulfillment.model import ParcelState
from ovunque.fulfillment.model.following import Progress as P  # noqa: N817 - a table is read by columns
from ovunque.fulfillment.rules.following import PROGRESS, progress_of


def test_every_state_of_work_is_told() -> None:
    assert PROGRESS.keys() == set(S)


@pytest.mark.parametrize(
    ("states", "waits", "told"),
    [
        ([], False, P.CANCELED),
        ([], True, P.RECEIVED),
        ([S.CANCELED], False, P.CANCELED),
        ([S.CANCELED, S.DELIVERED], False, P.DELIVERED),
        ([S.SHIPPED, S.PICKED], False, P.IN_PREPARATION),
        ([S.DELIVERED, S.SHIPPED], False, P.ON_ITS_WAY),
        ([S.DELIVERED], True, P.RECEIVED),
        ([S.LOST, S.PLANNED], False, P.UNDELIVERED),
    ],
)
def test_the_least_of_its_parts_counts(states: list[S], waits: bool, told: P) -> None:
    assert progress_of([work(state) for state in states], waits=waits) == told


def test_what_is_ready_waits_for_a_carrier_or_for_who_fetches_it() -> None:
    assert progress_of([work(S.READY)], waits=False) == P.IN_PREPARATION
    assert progress_of([work(S.READY, carrier=None)], waits=False) == P.READY_TO_COLLECT


def test_what_was_done_elsewhere_before_is_nobodys_business() -> None:
    before = replace(work(S.REJECTED), replaced_at=NOW)
    assert progress_of([before, work(S.PACKED)], waits=False) == P.IN_PREPARATION


def test_a_parcel_in_the_van_comes_today() -> None:
    out = replace(work(S.SHIPPED), parcels=(parcel(ParcelState.OUT_FOR_DELIVERY),))
    assert progress_of([out], waits=False) == P.OUT_FOR_DELIVERY
