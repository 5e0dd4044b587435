"""What may follow what: the whole table, and nothing beside it."""

from collections import deque
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import MILAN, NOW

from ovunque.fulfillment import rules
from ovunque.fulfillment.model import Event as E  # noqa: N817 - the table is read by columns
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    Parcel,
    Reason,
    Stage,
    Unfit,
    Wanted,
)
from ovunque.fulfillment.model import FulfillmentState as S
from ovunque.fulfillment.model import ParcelState as P
from ovunque.fulfillment.rules import TRANSITIONS, go, next_state, take_units
from ovunque.kernel.refusal import Refusal

CARRIER = UUID(int=9)
ENDS = {S.COLLECTED, S.UNCOLLECTED, S.DELIVERED, S.RESTOCKED, S.LOST, S.CANCELED}


def work(state: S, *lines: FulfillmentLine, carrier: UUID | None = CARRIER) -> Fulfillment:
    return Fulfillment(
        id=UUID(int=1),
        order_id=UUID(int=2),
        delivery=0,
        location_id=MILAN,
        carrier_service_id=carrier,
        service="home" if carrier else "collect",
        state=state,
        planned_at=NOW,
        offer_at=NOW,
        changed_at=NOW,
        lines=lines,
    )


def row(nth: int, quantity: int, picked: int = 0, sku: str = "COAT") -> FulfillmentLine:
    return FulfillmentLine(
        line_id=UUID(int=5),
        reservation_id=UUID(int=nth),
        sku=sku,
        quantity=quantity,
        picked=picked,
    )


def parcel(state: P) -> Parcel:
    return Parcel(
        id=UUID(int=3),
        fulfillment_id=UUID(int=1),
        order_id=UUID(int=2),
        location_id=MILAN,
        carrier_service_id=UUID(int=9),
        state=state,
        weight_g=100,
        sscc="0" * 18,
        tracking=None,
        opened_at=NOW,
        changed_at=NOW,
    )


@pytest.mark.parametrize(("state", "event"), [*product(S, E)])
def test_whatever_is_not_in_the_table_is_refused(state: S, event: E) -> None:
    if event in TRANSITIONS[state]:
        assert next_state(state, event) == TRANSITIONS[state][event]
        return
    with pytest.raises(Refusal) as refused:
        next_state(state, event)
    assert refused.value.code == "transition_refused"
    assert refused.value.details == {"state": state.value, "event": event.value}


def test_every_state_is_reached_and_every_end_is_one() -> None:
    reached, waiting = {S.PLANNED}, deque([S.PLANNED])
    while waiting:
        for after in TRANSITIONS[waiting.popleft()].values():
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    assert reached == set(S)
    assert {state for state in S if not TRANSITIONS[state]} == ENDS


def test_the_straight_way_of_a_parcel_and_that_of_a_collection() -> None:
    way = go(
        work(S.PLANNED),
        *(E.OFFER, E.ACCEPT, E.PICK, E.FINISH_PICKING, E.PACK, E.LABEL, E.SHIP, E.DELIVER),
    )
    assert way.states == (
        *(S.PLANNED, S.OFFERED, S.ACCEPTED, S.PICKING, S.PICKED, S.PACKED, S.READY),
        *(S.SHIPPED, S.DELIVERED),
    )
    fetched = go(work(S.PICKING), E.FINISH_PICKING, E.SET_OUT, E.COLLECT)
    assert fetched.after == S.COLLECTED


def test_whatever_has_not_left_can_be_canceled_and_nothing_else() -> None:
    left = {S.SHIPPED, S.AWAITING_ARRIVAL, S.FAILED, S.RETURNING} | ENDS
    assert {state for state in S if E.CANCEL in TRANSITIONS[state]} == set(S) - left


@given(st.lists(st.sampled_from(E), max_size=12))
def test_no_way_leads_back_to_those_who_had_nothing_to_do_with_it(events: list[E]) -> None:
    """Once its units wait for another place or are canceled, this work is never done here."""
    state, gone = S.PLANNED, False
    for event in events:
        if event not in TRANSITIONS[state]:
            continue
        state = next_state(state, event)
        assert not gone or state == S.CANCELED
        gone = gone or state in (S.REJECTED, S.WITHDRAWN, S.CANCELED)


def test_what_was_replaced_is_over() -> None:
    with pytest.raises(Refusal):
        go(replace(work(S.REJECTED), replaced_at=NOW), E.CANCEL)


def test_every_state_but_given_up_ones_has_a_stage() -> None:
    stages = {state: work(state).stage for state in S}
    assert [state for state, stage in stages.items() if stage is None] == [
        S.UNCOLLECTED,
        S.CANCELED,
    ]
    assert {stages[state] for state in TRANSITIONS if E.ACCEPT in TRANSITIONS[state]} == {
        Stage.RESERVED
    }


def test_every_reason_says_what_it_means() -> None:
    assert set(rules.EFFECTS) == set(Reason)
    doubtful = [reason for reason, effect in rules.EFFECTS.items() if effect.remainder]
    assert doubtful == [Reason.NOT_FOUND, Reason.FEWER]


def test_stores_are_asked_and_warehouses_are_told() -> None:
    assert rules.terms("store", "home").answer_within == timedelta(minutes=30)
    assert rules.terms("store", "express").answer_within == timedelta(minutes=5)
    for kind in ("warehouse", "distributor", "reseller"):
        assert rules.terms(kind, "home").answer_within is None


@given(
    rows=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=5),
    quantity=st.integers(1, 30),
)
def test_units_are_taken_from_the_first_rows_or_not_at_all(
    rows: list[tuple[int, int]], quantity: int
) -> None:
    lines = [row(nth, units, min(units, picked)) for nth, (units, picked) in enumerate(rows)]
    there = sum(line.quantity - line.picked for line in lines)
    taken = take_units(lines, Wanted(line_id=None, sku="COAT", quantity=quantity), rules.to_pick)

    if quantity > there:
        assert taken == Unfit(left=there)
        return
    assert isinstance(taken, dict)
    assert sum(taken.values()) == quantity
    by_id = {line.reservation_id: line for line in lines}
    assert all(units <= rules.to_pick(by_id[id_]) for id_, units in taken.items())


def test_a_scan_means_its_item_only() -> None:
    lines = [row(1, 2), row(2, 2, sku="HAT")]
    hat = Wanted(line_id=UUID(int=5), sku="HAT", quantity=2)
    assert take_units(lines, hat, rules.to_pick) == {UUID(int=2): 2}
    stranger = Wanted(line_id=UUID(int=6), sku="HAT", quantity=1)
    assert take_units(lines, stranger, rules.to_pick) == Unfit(left=0)


def test_what_follows_the_last_pick_is_where_it_goes() -> None:
    done, half = [row(1, 2, picked=2)], [row(1, 2, picked=1)]
    assert rules.after_picking(work(S.PICKING), half) == []
    assert rules.after_picking(work(S.PICKING), done) == [E.FINISH_PICKING]
    fetched = work(S.PICKING, carrier=None)
    assert rules.after_picking(fetched, done) == [E.FINISH_PICKING, E.SET_OUT]


@pytest.mark.parametrize(("before", "after"), [*product(P, P)])
def test_parcels_follow_their_own_table(before: P, after: P) -> None:
    gone = before.is_gone and before not in rules.ENDED
    allowed = {
        P.OPEN: {P.LABELED, P.VOIDED},
        P.LABELED: {P.HANDED_OVER, P.VOIDED},
    }.get(before, rules.ON_THE_WAY | rules.ENDED if gone else set())
    if after in allowed:
        assert rules.change_parcel(parcel(before), after) == after
    else:
        with pytest.raises(Refusal, match="transition_refused"):
            rules.change_parcel(parcel(before), after)


@given(st.lists(st.sampled_from(P), min_size=1, max_size=4))
def test_work_ends_when_its_last_parcel_does(states: list[P]) -> None:
    ending = rules.arrival(work(S.SHIPPED), [parcel(state) for state in states])
    real = [state for state in states if state != P.VOIDED]
    assert bool(ending) == all(state in rules.ENDED for state in real)
    if ending and real:
        assert (ending == [E.DELIVER]) == all(state == P.DELIVERED for state in real)
        go(work(S.SHIPPED), *ending)


def test_codes_have_six_digits_and_follow_from_their_secret() -> None:
    codes = {rules.pickup_code(f"secret-{nth}") for nth in range(1_000)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 990
    assert rules.pickup_code("secret") == rules.pickup_code("secret")
