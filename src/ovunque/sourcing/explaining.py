"""Why an order is served as it is: noted small while it is planned, told in full when asked.

A byte for each location of the pool says what ruled it out; the twenty best candidates keep their
full figures, as if each alone brought what it has of the order.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from ovunque.delivery.rules.arrival import instant_of
from ovunque.delivery.rules.footprint import Footprint
from ovunque.platform.database import Tx
from ovunque.sourcing import store
from ovunque.sourcing.model import (
    BIG,
    Applied,
    Candidates,
    Ints,
    PlannedParcel,
    Problem,
    Reason,
    Reasons,
    Record,
    SourcingPlan,
)
from ovunque.sourcing.routing import NO_END, Lanes, Ways
from ovunque.sourcing.rules.scoring import parcel_cents, weight_of

VERSION = 1
BEST_MAX = 20
PACKED_FROM = 96  # Candidates from which their bytes are worth packing.
MISSING_BITS = 51  # Cents, BIG ones too, stay below what a missing unit counts.
MISSING_MAX = (1 << 11) - 1
LACKS = np.array([Reason.OUTRANKED, Reason.LACKS_SOME, Reason.LACKS_ALL], np.uint8)
BEST = np.dtype(
    [
        ("candidate", "<u2"),
        ("service", "u1"),
        ("units", "<u2"),
        ("minutes", "<u4"),
        ("cents", "<u4"),
        ("grams", "<u4"),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """All that was at hand when one delivery was planned."""

    skus: tuple[str, ...]  # Of the problem's items.
    lanes: Lanes
    ways: Ways
    footprint: Footprint  # Of the lanes.
    problem: Problem
    now: int
    deadline: int
    refused: Ints  # Positions of locations that did not serve this order.
    free_of: Callable[[str], Ints]  # All free units of an item at every position.
    out: Reasons | None = None  # [C]: what a strategy's step ruled out, and why.
    applied: Applied | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A location that was looked at. The figures are of what it has of the order, in one parcel."""

    location_id: UUID
    reason: Reason
    service_id: UUID | None = None
    units: int | None = None
    arrives_at: datetime | None = None
    cost_cents: int | None = None
    emissions_g: int | None = None
    beside_cents: int | None = None  # What counted beside the cost, if a strategy weighs it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One delivery as it was decided."""

    objective: str
    applied: Applied | None  # None: by the objective of its channel.
    parcels: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]  # The best first, with figures; then by code.
    unmet: int


def note(sight: Sight, parcels: Sequence[PlannedParcel]) -> Record:
    """What was looked at, packed; and the figures of the chosen parcels."""
    problem, columns = sight.problem, sight.problem.columns
    alone = _alone(problem)
    best = alone.best
    chosen = [each.column for each in parcels]
    lane = sight.ways.lane[np.concatenate([best, np.array(chosen, np.int64)])]
    weights = [weight_of(problem, each) for each in parcels]
    weight = np.concatenate([alone.weight_g[best], np.array(weights, np.int64)])
    grams = sight.footprint.take(lane).grams(weight)
    candidate, service = sight.lanes.candidate[lane], sight.lanes.service[lane]
    count = len(best)
    row = np.empty(count, BEST)
    row["candidate"], row["service"] = candidate[:count], service[:count]
    row["units"], row["cents"] = alone.units[best], alone.cents[best]
    row["minutes"], row["grams"] = columns.arrives[best] - sight.now, grams[:count]
    return Record(
        candidates=sight.lanes.candidates,
        objective=problem.objective,
        decided=sight.now,
        reasons=_reasons(sight, alone, chosen),
        best=row.tobytes(),
        parcels=tuple(
            (
                candidate.item(count + nth),
                service.item(count + nth),
                sum([pick.quantity for pick in parcel.picks]),
                columns.arrives.item(parcel.column) - sight.now,
                parcel_cents(problem, parcel),
                grams.item(count + nth),
            )
            for nth, parcel in enumerate(parcels)
        ),
        applied=sight.applied,
        beside=_beside(problem, parcels, best),
    )


def _beside(problem: Problem, parcels: Sequence[PlannedParcel], best: Ints) -> tuple[int, ...]:
    """What counted beside the price, of the chosen parcels and of the best candidates."""
    beside = problem.beside
    if beside is None:
        return ()
    chosen = [beside.of(each.column, each.picks) for each in parcels]
    taken = np.minimum(problem.reach, problem.want[:, None])
    return (*chosen, *_besides(problem, taken)[best].tolist())


def _besides(problem: Problem, taken: Ints) -> Ints:
    """[C]: what counts beside the price of so many units of each column, in one parcel."""
    assert problem.beside is not None
    column = problem.columns.number
    units = [
        cents[count, column] for cents, count in zip(problem.beside.unit_cents, taken, strict=True)
    ]
    found: Ints = problem.beside.parcel_cents + np.add.reduce(units)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alone:
    """What each column could bring of the order by itself, in one parcel."""

    total: int
    units: Ints
    weight_g: Ints
    cents: Ints
    best: Ints  # Columns that bring something: most units first, of these the cheapest.


def _alone(problem: Problem) -> Alone:
    columns = problem.columns
    taken = np.minimum(problem.reach, problem.want[:, None])
    if len(taken) == 1:
        units = taken[0]
        weight = units * problem.weight_g
    else:
        units = np.add.reduce(taken)
        weight = np.add.reduce(taken * problem.weight_g[:, None])
    cell = columns.edges_g.searchsorted(weight) * len(columns) + columns.number
    cents = columns.parcel_cents.ravel()[cell] + units * columns.pick_cents
    total = sum(problem.want.tolist())
    counted = cents
    if problem.beside is not None:
        counted = np.where(cents < BIG, cents + _besides(problem, taken), cents)
    missing = total - units
    if total > MISSING_MAX:
        missing = np.minimum(missing, MISSING_MAX)
    best = ((missing << MISSING_BITS) + counted).argsort(kind="stable")[:BEST_MAX]
    best = best[(units[best] > 0) & (cents[best] < BIG)]
    return Alone(total=total, units=units, weight_g=weight, cents=cents, best=best)


def _reasons(sight: Sight, alone: Alone, chosen: Sequence[int]) -> bytes:
    """A byte for each candidate; of a location with several services the kindest one."""
    lanes, ways = sight.lanes, sight.ways
    reasons = lanes.candidates.reasons.copy()
    if len(ways.lane) < len(lanes.candidate):
        carried = lanes.travel.timetable < len(lanes.travel.timetables)
        reasons[lanes.candidate] = np.where(carried, Reason.NO_LANE, Reason.TOO_LATE)
    candidate = lanes.candidate[ways.lane]
    code = LACKS[(alone.units < alone.total).view(np.uint8) + (alone.units == 0)]
    out = alone.cents >= BIG
    gone = _gone(sight)
    if gone is not None:
        left = gone == 0
        reasons[candidate[~left]] = gone[~left]
        candidate, code, out = candidate[left], code[left], out[left]
    if np.count_nonzero(out):
        code[out & (code != Reason.LACKS_ALL)] = Reason.TOO_HEAVY
        reasons[candidate[out]] = code[out]
        reasons[candidate[~out]] = code[~out]  # Last, so that it stays.
    else:
        reasons[candidate] = code
    if len(sight.refused):
        reasons[lanes.candidate[np.isin(lanes.tariff.location, sight.refused)]] = Reason.REFUSED
    for column in chosen:
        reasons[lanes.candidate.item(ways.lane.item(column))] = Reason.CHOSEN
    return reasons.tobytes()


def _gone(sight: Sight) -> Reasons | None:
    """[C]: what the deadline or a step ruled out whatever it has; 0: not that."""
    if sight.deadline >= NO_END:
        return sight.out
    late = (sight.ways.columns.arrives > sight.deadline).astype(np.uint8) * Reason.TOO_LATE
    return late if sight.out is None else np.where(late, late, sight.out)


def body_of(plans: Sequence[SourcingPlan], **more: Any) -> dict[str, Any]:
    """A decision as it is stored: at most a kilobyte a delivery, whatever the pool."""
    return {"version": VERSION, "deliveries": [_packed(each) for each in plans], **more}


def _packed(plan: SourcingPlan) -> dict[str, Any]:
    record = plan.record
    packed = len(record.reasons) >= PACKED_FROM
    return {
        "objective": record.objective,
        **({"by": astuple(record.applied)} if record.applied else {}),
        **({"beside": record.beside} if record.beside else {}),
        "decided": record.decided,
        "of": record.candidates.digest,
        "zip" if packed else "reasons": b64encode(
            _squeezed(record.reasons) if packed else record.reasons
        ).decode(),
        "best": b64encode(record.best).decode(),
        "parcels": record.parcels,
        "unmet": sum(each.quantity for each in plan.unmet),
    }


def _squeezed(reasons: bytes) -> bytes:
    """A few hundred bytes, with a small window: the usual one costs forty times the time."""
    squeeze = zlib.compressobj(level=1, wbits=10, memLevel=1)
    return squeeze.compress(reasons) + squeeze.flush()


def remember(tx: Tx, candidates: Iterable[Candidates]) -> None:
    """Keep the lists that decisions point into; lists that are kept already cost a look."""
    store.add_candidates(tx, {each.digest: each for each in candidates}.values())


def explain(tx: Tx, bodies: Sequence[Mapping[str, Any]]) -> tuple[tuple[Explained, ...], ...]:
    """Stored decisions in full, delivery by delivery."""
    packed = [each for body in bodies for each in body["deliveries"]]
    lists = store.list_candidates(tx, sorted({each["of"] for each in packed}))
    return tuple(
        tuple(_unpacked(each, *lists[each["of"]]) for each in body["deliveries"]) for body in bodies
    )


def explain_now(plan: SourcingPlan) -> Explained:
    """A plan in full that was not stored."""
    told, lists = _packed(plan), plan.record.candidates
    return _unpacked(told, lists.location_ids, lists.service_ids)


def _unpacked(
    packed: Mapping[str, Any], location_ids: Sequence[UUID], service_ids: Sequence[UUID | None]
) -> Explained:
    decided = packed["decided"]
    reasons = (
        zlib.decompress(b64decode(packed["zip"]))
        if "zip" in packed
        else b64decode(packed["reasons"])
    )

    def figures(row: Sequence[int], beside_cents: int | None) -> Candidate:
        candidate, service, units, minutes, cents, grams = row
        return Candidate(
            location_id=location_ids[candidate],
            reason=Reason(reasons[candidate]),
            service_id=service_ids[service],
            units=units,
            arrives_at=instant_of(decided + minutes),
            cost_cents=cents,
            emissions_g=grams,
            beside_cents=beside_cents,
        )

    best = np.frombuffer(b64decode(packed["best"]), BEST).tolist()
    known = {row[0] for row in best}
    parcels = packed["parcels"]
    beside = packed.get("beside") or [None] * (len(parcels) + len(best))
    return Explained(
        objective=packed["objective"],
        applied=Applied(*packed["by"]) if "by" in packed else None,
        parcels=tuple(map(figures, parcels, beside)),
        candidates=(
            *map(figures, best, beside[len(parcels) :]),
            *(
                Candidate(location_id=location_ids[nth], reason=Reason(reason))
                for nth, reason in enumerate(reasons)
                if nth not in known
            ),
        ),
        unmet=packed["unmet"],
    )
