"""How an order would be served, in figures alone: what replays of many orders ask for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.handing_over import SENT
from ovunque.sourcing.model import DeliveryNeed, Solution
from ovunque.sourcing.planning import NO_RULES, Shelf, Wish, rules_for, see, solved
from ovunque.sourcing.rules.goals import grams_of
from ovunque.sourcing.rules.scoring import parcel_cents
from ovunque.sourcing.snapshot import Snapshot

NOBODY = "-"


class Outcome(NamedTuple):
    """What one delivery would cost and emit, when it would be there, and from where.

    A tuple, since hundreds of thousands of them go from one process to another.
    """

    cents: int = 0
    grams: int = 0
    arrives: int = 0  # Minutes since the epoch, of the last parcel.
    unmet: int = 0
    places: tuple[int, ...] = ()  # A position for each parcel.
    rule: str = NOBODY  # By which step of which strategy, or by the channel's objective.
    units: tuple[tuple[str, int, int], ...] = ()  # Taken: sku, position, units.


def outline(snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed) -> Outcome:
    """The plan of a delivery as `plan` would make it, without what explains it.

    What was promised is tried in time first, by the rules, then against them; then late.
    """
    for attempt in _attempts(snapshot, wish, need):
        found = _here_or_sent(snapshot, shelf, attempt, need)
        if found is not None:
            return _outcome(*found)
    return Outcome(unmet=sum(each.quantity for each in need.demands))


def _attempts(snapshot: Snapshot, wish: Wish, need: DeliveryNeed) -> Iterator[Wish]:
    if need.promised is not None:
        in_time = replace(wish, arrive_by=need.promised.arrive_by, whole=True)
        if rules_for(snapshot, wish, need) is not None:
            yield replace(in_time, by_steps_only=True)
            in_time = replace(in_time, steering=NO_RULES)
        yield in_time
    yield wish


def _here_or_sent(
    snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed
) -> tuple[Sight, Solution] | None:
    here = solved(snapshot, wish, need, see(snapshot, shelf, wish, need))
    is_enough = here is not None and not any(here[1].unmet)
    if is_enough or not wish.sends or need.destination.service not in SENT:
        return here
    sent = replace(need, destination=replace(need.destination, is_sent=True))
    return solved(snapshot, wish, sent, see(snapshot, shelf, wish, sent))


def _outcome(sight: Sight, solution: Solution) -> Outcome:
    problem, columns = sight.problem, sight.problem.columns
    parcels = solution.parcels
    if not parcels:
        return Outcome(unmet=sum(solution.unmet))
    if problem.footprint is None:
        problem = replace(problem, footprint=sight.footprint.take(sight.ways.lane))
    places = tuple(columns.location.item(each.column) for each in parcels)
    applied = sight.applied
    return Outcome(
        cents=sum(parcel_cents(problem, each) for each in parcels),
        grams=grams_of(problem, parcels),
        arrives=max(columns.arrives.item(each.column) for each in parcels),
        unmet=sum(solution.unmet),
        places=places,
        rule=f"{applied.strategy} {applied.step}" if applied else "",
        units=tuple(
            (sight.skus[pick.item], place, pick.quantity)
            for each, place in zip(parcels, places, strict=True)
            for pick in each.picks
        ),
    )
