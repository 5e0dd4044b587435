"""Plans in force, planned again together on the stock of today: which of them could be better."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ovunque.delivery.rules.arrival import minutes_of
from ovunque.network.model import Objective
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.following import follow
from ovunque.sourcing.model import (
    BIG,
    Applied,
    DeliveryNeed,
    Promised,
    Solution,
    SourcingPlan,
)
from ovunque.sourcing.model.ruling import Version
from ovunque.sourcing.planning import Shelf, Wish, rules_for, see
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import PER_CENT
from ovunque.sourcing.rules.together import Member, improve, uses
from ovunque.sourcing.serving import plan_of
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Sieve
from ovunque.sourcing.stepping import Terms, sift

LEAST_CENTS = 20  # Less is not worth a change to any list, for each order that moves.


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One delivery as it is planned: its parcels, and by when they have to arrive."""

    wish: Wish
    need: DeliveryNeed
    promised: Promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """Plans that save something only together: each with the number of its delivery."""

    plans: tuple[tuple[int, SourcingPlan, SourcingPlan], ...]  # Before and after.
    saved_cents: int  # By all that counts for the strategies.


def improve_plans(
    snapshot: Snapshot, shelf: Shelf, standing: Sequence[Standing], seconds_max: float
) -> tuple[Better, ...]:
    """What could be better, in groups that share stock: all of a group moves, or none.

    The shelf shows these deliveries' own units as free. Nothing arrives later than it has to, and
    what is decided by anything else than one sum of money is left as it is.
    """
    known = [(nth, _member(snapshot, shelf, each)) for nth, each in enumerate(standing)]
    found = [(nth, *pair) for nth, pair in known if pair is not None]
    if not found:
        return ()
    plans = improve([member for _, _, member in found], seconds_max)
    moved = [
        (nth, sight, member, plan)
        for (nth, sight, member), plan in zip(found, plans, strict=True)
        if plan.parcels != member.plan.parcels
    ]
    return tuple(_better(standing, group) for group in _groups(moved) if _pays(group))


Moved = tuple[int, Sight, Member, Solution]


def _member(snapshot: Snapshot, shelf: Shelf, each: Standing) -> tuple[Sight, Member] | None:
    """A delivery with its plan as today's columns; None: it cannot be compared."""
    wish = replace(each.wish, arrive_by=each.promised.arrive_by, whole=True)
    raw = see(snapshot, shelf, wish, each.need)
    sight = _decided(snapshot, wish, each, raw)
    if sight is None:
        return None
    parcels = follow(sight, each.promised)
    if parcels is None:
        return None
    plan = priced(sight.problem, parcels, (0,) * len(sight.skus))
    return sight, Member(skus=sight.skus, problem=sight.problem, plan=plan)


def _decided(snapshot: Snapshot, wish: Wish, each: Standing, raw: Sight) -> Sight | None:
    """What decides about a delivery, if that is money: its channel, or the first step to serve."""
    version = rules_for(snapshot, wish, each.need)
    if version is None:
        return raw if raw.problem.objective == Objective.ECONOMIC else None
    steering = snapshot.steering if wish.steering is None else wish.steering
    terms = Terms(
        destination=each.need.destination,
        whole=True,
        seconds_max=0.0,
        promised=minutes_of(each.promised.arrive_by),
        by_steps_only=True,
    )
    for sieve in steering.sieves(version):
        sight = sift(snapshot, raw, sieve, terms)
        must = np.full(len(sight.skus), BIG, np.int64)
        sight = replace(sight, problem=replace(sight.problem, unmet_cents=must))
        if solve(sight.problem) is not None:
            return None if sieve.pursuit.goals else _applied(sight, version, sieve)
    return None


def _applied(sight: Sight, version: Version, sieve: Sieve) -> Sight:
    code, number = version.strategy.code, version.number
    return replace(sight, applied=Applied(code, number, sieve.nth, sieve.step.name))


def _groups(moved: Sequence[Moved]) -> Iterator[list[Moved]]:
    """Those that take what others give, or give what others take, together."""
    left = list(moved)
    while left:
        group, keys = [left.pop(0)], set[tuple[str, int]]()
        while True:
            for _, _, member, plan in group:
                keys |= {key for key, _ in (*uses(member, plan), *uses(member, member.plan))}
            joined = [each for each in left if keys & _keys(each)]
            if not joined:
                break
            group += joined
            left = [each for each in left if each not in joined]
        yield group


def _keys(each: Moved) -> set[tuple[str, int]]:
    _, _, member, plan = each
    return {key for key, _ in (*uses(member, plan), *uses(member, member.plan))}


def _pays(group: Sequence[Moved]) -> bool:
    return _saved(group) >= LEAST_CENTS * len(group)


def _saved(group: Sequence[Moved]) -> int:
    return sum(member.plan.score - plan.score for _, _, member, plan in group) // PER_CENT


def _better(standing: Sequence[Standing], group: Sequence[Moved]) -> Better:
    return Better(
        plans=tuple(
            (
                nth,
                plan_of(sight, standing[nth].need.demands, member.plan),
                plan_of(sight, standing[nth].need.demands, plan),
            )
            for nth, sight, member, plan in sorted(group, key=lambda each: each[0])
        ),
        saved_cents=_saved(group),
    )
