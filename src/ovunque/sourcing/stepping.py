"""Through the steps of a strategy, one after the other, until one serves the order."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ovunque.kernel.spans import DAY_MINUTES
from ovunque.network.model import Objective
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.model import BIG, Applied, Destination, Problem, Reason, Solution
from ovunque.sourcing.model.ruling import Otherwise, Version
from ovunque.sourcing.routing import Lanes, Ways
from ovunque.sourcing.rules import solve
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Sieve, Steering, busy_percent
from ovunque.sourcing.weighing import weigh

Flags = NDArray[np.bool_]
Found = tuple[Sight, Solution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What of a wish matters to the steps."""

    destination: Destination
    whole: bool
    seconds_max: float
    promised: int | None  # Minutes since the epoch.
    by_steps_only: bool = False  # Without what happens otherwise.


def step_through(
    snapshot: Snapshot, steering: Steering, version: Version, sight: Sight, terms: Terms
) -> Found | None:
    """The plan of the first step that serves the order; else what happens otherwise."""
    strategy = version.strategy
    sifted = sight
    for sieve in steering.sieves(version):
        sifted = sift(snapshot, sight, sieve, terms)
        applied = Applied(strategy.code, version.number, sieve.nth, sieve.step.name)
        found = _solved(sifted.problem, sieve, terms, partly=sieve.step.part and not terms.whole)
        if found is not None:
            return replace(sifted, applied=applied), found
    if terms.by_steps_only:
        return None
    applied = Applied(strategy.code, version.number, 0)
    if strategy.otherwise == Otherwise.ANYWHERE:
        anywhere = solve(sight.problem, terms.seconds_max)
        return (replace(sight, applied=applied), anywhere) if anywhere else None
    if terms.whole:
        return None
    last = steering.sieves(version)[-1]
    part = _solved(sifted.problem, last, terms, partly=True)
    if part is None:
        nothing = replace(sifted.problem, reach=np.zeros_like(sifted.problem.reach))
        part = solve(nothing)
    return (replace(sifted, applied=applied), part) if part else None


def _solved(problem: Problem, sieve: Sieve, terms: Terms, *, partly: bool) -> Solution | None:
    """The step's best plan; None: it does not serve the order."""
    if not partly:
        if (np.add.reduce(problem.reach, axis=1) < problem.want).any():
            return None
        unmet_cents = np.full(len(problem.want), BIG, np.int64)
        problem = replace(problem, unmet_cents=unmet_cents)
    found = solve(problem, terms.seconds_max, sieve.pursuit.goals)
    return found if found is not None and found.parcels else None


def sift(snapshot: Snapshot, sight: Sight, sieve: Sieve, terms: Terms) -> Sight:
    """What a step leaves of all that could serve the order, and what it ruled out."""
    problem, step, columns = sight.problem, sieve.step, sight.problem.columns
    out = sieve.out[columns.location]
    if sight.out is not None:
        out = np.where(sight.out, sight.out, out)

    def rule_out(columns_out: Flags, reason: Reason) -> None:
        out[(out == 0) & columns_out] = reason

    if step.carriers:
        rule_out(~carried(snapshot, (sight.lanes, sight.ways), step.carriers), Reason.WRONG_CARRIER)
    if step.distance_km_max is not None:
        distance_m = snapshot.lanes.place(terms.destination).distance_m[columns.location]
        rule_out(distance_m > step.distance_km_max * 1_000, Reason.TOO_FAR)
    if step.days_max is not None:
        day = sight.now // DAY_MINUTES + step.days_max  # A day ends at midnight, UTC.
        rule_out(columns.arrives // DAY_MINUTES > day, Reason.TOO_SLOW)
    if step.keeps_promise and terms.promised is not None:
        latest = terms.promised + step.days_late_max * DAY_MINUTES
        rule_out(columns.arrives > latest, Reason.BREAKS_PROMISE)
    if step.busy_percent_max is not None:
        busy = busy_percent(snapshot.network, snapshot.waiting_at())[columns.location]
        rule_out(busy > step.busy_percent_max, Reason.TOO_BUSY)
    reach = np.where(out == 0, problem.reach, 0)
    if step.keep_units:
        had = reach.any(axis=0)
        reach = np.maximum(reach - step.keep_units, 0)
        rule_out(had & ~reach.any(axis=0), Reason.KEEPS_ITS_LAST)
    footprint = problem.footprint
    if sieve.pursuit.counts_grams and footprint is None:
        footprint = sight.footprint.take(sight.ways.lane)
    return replace(
        sight,
        out=out,
        problem=replace(
            problem,
            reach=reach,
            objective=Objective.ECONOMIC,
            parcels_max=step.parcels_max,
            splits=step.splits,
            tonne_cents=sieve.pursuit.tonne_cents,
            footprint=footprint,
            beside=weigh(snapshot, sight, sieve),
        ),
    )


def carried(snapshot: Snapshot, road: tuple[Lanes, Ways], carriers: tuple[str, ...]) -> Flags:
    """Columns of the carriers that are named; what is handed over at a counter needs none."""
    lanes, ways = road
    keys = {each.id: each.key for each in snapshot.delivery.services}
    named = set(carriers)
    allowed = [
        id_ is None or (id_ in keys and bool({keys[id_].carrier, str(keys[id_])} & named))
        for id_ in lanes.candidates.service_ids
    ]
    chosen: Flags = np.array(allowed, np.bool_)[lanes.service[ways.lane]]
    return chosen
