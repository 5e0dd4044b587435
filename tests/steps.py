"""Steps of strategies by seed, and what an independent program says about them.

The filters are said again, place by place; the goals are solved one after the other as integer
programs that choose whole parcels, with each tolerance as a bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.special import pdtrc
from tests.factories import NOW
from tests.scattered import ITEMS, PLACES, SKUS
from tests.worlds import CHANNEL, place_code

from ovunque.kernel.geography import Coordinates, distance_m
from ovunque.network.model import LocationKind
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.model import BIG, DeliveryNeed, Demand, Destination, Solution
from ovunque.sourcing.model.ruling import Aim, Measure, PlanStep, Price, Strategy, Tolerance
from ovunque.sourcing.planning import NO_RULES, Wish, see, snapshot_shelf
from ovunque.sourcing.rules.goals import measure
from ovunque.sourcing.rules.strategy import BALANCED_DAY_CENTS, BALANCED_TONNE_CENTS
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.stepping import Found, Terms, step_through
from ovunque.sourcing.trying import as_draft, with_draft

DAY = 1_440
MILAN = (45_464_200, 9_190_000)
ATLAS_M = 3_000  # Addresses nearby share one place of the atlas.
UNITS = {Measure.COST: 400, Measure.TIME: 2_000, Measure.EMISSIONS: 400, Measure.PARCELS: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One case: a step, and an order that falls under it."""

    step: PlanStep
    lines: tuple[tuple[str, int], ...]


def case_of(rng: np.random.Generator) -> Asked:
    """Each filter now and then; one word, goals with tolerances, or one sum of money."""

    def maybe(share: float = 0.25) -> bool:
        return bool(rng.random() < share)

    some = [place_code(int(nth)) for nth in rng.choice(PLACES, 14, replace=False)]
    goals: tuple[Tolerance, ...] = ()
    price, aim = None, Aim(rng.choice([each.value for each in Aim if each != Aim.WHOLE_COST]))
    if maybe(0.5):
        wanted = rng.permutation(list(Measure))[: int(rng.integers(1, 4))].tolist()
        goals = tuple(_tolerance(rng, Measure(each)) for each in wanted)
    elif maybe(0.5):
        price = Price(
            tonne=int(rng.choice([0, 20_000, 200_000])),
            day=int(rng.choice([0, 0, 150])),
            last_units=int(rng.choice([0, 100])),
        )
    step = PlanStep(
        name="A",
        kinds=(LocationKind.STORE,) if maybe() else (),
        groups=("north",) if maybe() else (),
        not_groups=("flagship",) if maybe() else (),
        locations=tuple(some) if maybe(0.15) else (),
        not_locations=tuple(some[:4]) if maybe() else (),
        carriers=((("dhl",), ("gls/standard",))[int(rng.integers(2))]) if maybe() else (),
        distance_km_max=int(rng.integers(200, 900)) if maybe() else None,
        days_max=int(rng.integers(2, 6)) if maybe() else None,
        keep_units=int(rng.integers(1, 3)) if maybe() else 0,
        parcels_max=int(rng.integers(1, 5)),
        splits=False,
        aim=aim,
        goals=goals,
        price=price,
    )
    lines = rng.choice(ITEMS, int(rng.integers(1, 5)), replace=False)
    return Asked(
        step=step, lines=tuple((SKUS[each], int(rng.integers(1, 3))) for each in lines.tolist())
    )


def _tolerance(rng: np.random.Generator, by: Measure) -> Tolerance:
    kind = int(rng.integers(3))
    return Tolerance(
        by=by,
        within=int(rng.integers(0, UNITS[by] + 1)) if kind == 1 else 0,
        within_percent=int(rng.integers(0, 60)) if kind == 2 and by != Measure.TIME else 0,
    )


Bound = tuple[NDArray[np.int64], int]


def differs(snapshot: Snapshot, asked: Asked) -> str | None:
    """What is wrong with our plan; None: it is as good as can be."""
    sight, found = _served(snapshot, asked)
    program = Program(snapshot, sight, asked)
    return program.judge(*found) if found else program.judge_nothing()


def kinds(snapshot: Snapshot, asked: Asked) -> Iterator[str]:
    """What there is to be seen in a case."""
    _, found = _served(snapshot, asked)
    yield "served" if found else "that nobody can serve"
    if found and len(found[1].parcels) > 1:
        yield "in several parcels"
    if any(each.within or each.within_percent for each in asked.step.goals):
        yield "with tolerances"
    elif asked.step.price is not None and not asked.step.goals:
        yield "with one sum of money"


def _served(snapshot: Snapshot, asked: Asked) -> tuple[Sight, Found | None]:
    channel = snapshot.network.channels[CHANNEL]
    need = DeliveryNeed(
        destination=Destination(service="home", country="IT", postal_code="20123", at_e6=MILAN),
        demands=tuple(
            Demand(line_id=_line(nth), sku=sku, quantity=units, weight_g=400)
            for nth, (sku, units) in enumerate(asked.lines)
        ),
    )
    wish = Wish(channel=channel, needs=(need,), whole=True, now=NOW, steering=NO_RULES)
    sight = see(snapshot, snapshot_shelf(snapshot, NOW), wish, need)
    strategy = Strategy(code="home", name="Home", steps=(asked.step,))
    terms = Terms(
        destination=need.destination, whole=True, seconds_max=0.0, promised=None, by_steps_only=True
    )
    steering = with_draft(snapshot.steering, strategy, NOW)
    return sight, step_through(snapshot, steering, as_draft(strategy), sight, terms)


def _line(nth: int) -> UUID:
    return UUID(int=nth + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """Every parcel that could be: which items, from which column, and what it is."""

    part: NDArray[np.int64]
    column: NDArray[np.int64]
    cents: NDArray[np.int64]
    grams: NDArray[np.int64]
    arrives: NDArray[np.int64]
    beside: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_]) -> "Parcels":
        return Parcels(*(getattr(self, name)[which] for name in self.__slots__))

    def figure(self, by: Measure) -> NDArray[np.int64]:
        """What a parcel adds to a measure that adds up."""
        return {
            Measure.COST: self.cents,
            Measure.EMISSIONS: self.grams,
            Measure.PARCELS: np.ones_like(self.part),
        }[by]


class Program:
    """One case as the program sees it."""

    def __init__(self, snapshot: Snapshot, sight: Sight, asked: Asked) -> None:
        self.snapshot, self.sight, self.step = snapshot, sight, asked.step
        self.items = len(sight.skus)
        self.parcels = self._parcels()

    def _parcels(self) -> Parcels:
        problem, columns = self.sight.problem, self.sight.problem.columns
        footprint = self.sight.footprint.take(self.sight.ways.lane)
        want, weight = problem.want.tolist(), problem.weight_g.tolist()
        rows = []
        for column in range(len(columns)):
            if not self._passes(column):
                continue
            place = columns.location.item(column)
            has = [
                max(problem.reach.item(row, column) - self.step.keep_units, 0)
                for row in range(self.items)
            ]
            for part in range(1, 1 << self.items):
                rows_of = [row for row in range(self.items) if part >> row & 1]
                if any(has[row] < want[row] for row in rows_of):
                    continue
                grams = sum(weight[row] * want[row] for row in rows_of)
                cents = columns.cents(column, grams, sum(want[row] for row in rows_of))
                if cents >= BIG:
                    continue
                emits = int(footprint.grams(np.array([[grams]]))[0, column])
                worth = sum(self._worth(row, place, want[row]) for row in rows_of)
                rows.append((part, column, cents, emits, columns.arrives.item(column), worth))
        return Parcels(*np.array(rows, np.int64).reshape(-1, 6).T)

    def _passes(self, column: int) -> bool:
        """Each filter said once more."""
        step, columns, sight = self.step, self.sight.problem.columns, self.sight
        place = self.snapshot.network.locations[columns.location.item(column)]
        lane = sight.ways.lane.item(column)
        service = sight.lanes.candidates.service_ids[sight.lanes.service.item(lane)]
        key = next(each.key for each in self.snapshot.delivery.services if each.id == service)
        far = self._far(columns.location.item(column))
        days = columns.arrives.item(column) // DAY - sight.now // DAY
        return (
            (not step.kinds or place.kind in step.kinds)
            and (not step.groups or bool(set(place.groups) & set(step.groups)))
            and not set(place.groups) & set(step.not_groups)
            and (not step.locations or place.code in step.locations)
            and place.code not in step.not_locations
            and (not step.carriers or bool({key.carrier, str(key)} & set(step.carriers)))
            and (step.distance_km_max is None or far <= step.distance_km_max * 1_000)
            and (step.days_max is None or days <= step.days_max)
        )

    def _far(self, at: int) -> int:
        """Meters to the customer, as the atlas says it; about as the crow flies."""
        destination = Destination(service="home", country="IT", postal_code="20123", at_e6=MILAN)
        found = int(self.snapshot.lanes.place(destination).distance_m[at])
        crow = distance_m(Coordinates(*MILAN), self.snapshot.network.locations[at].coordinates)
        assert abs(found - crow) < ATLAS_M, (found, crow)
        return found

    def _worth(self, row: int, place: int, units: int) -> int:
        """What units are worth to their place, by the sum over everybody who might come."""
        if self.step.price is None or not self.step.price.last_units:
            return 0
        sku = self.sight.skus[row]
        free = int(self.snapshot.stock.free_at(sku, PLACES)[place])
        at = self.snapshot.network.locations[place].id
        known = [each for each in self.snapshot.worth.items[sku] if each.key.location_id == at]
        if not known:
            return 0
        (worth,) = known
        mean = worth.rate_e6 / 1e6 * worth.days
        margin = worth.margin_cents * self.step.price.last_units
        return sum(
            round(float(np.rint(margin * pdtrc(unit - 1, mean))) / 100)
            for unit in range(max(free - units, 0) + 1, free + 1)
        )

    def least(
        self, figure: NDArray[np.int64], parcels: Parcels, bounds: Sequence[Bound]
    ) -> int | None:
        """The least sum of a figure over parcels that hold every item once; None: there is none."""
        if not len(parcels.part):
            return None
        holds = np.array([parcels.part >> row & 1 for row in range(self.items)])
        rules = [LinearConstraint(holds, 1, 1)]
        rules += [LinearConstraint(each[None, :], -np.inf, most) for each, most in bounds]
        rules.append(LinearConstraint(np.ones((1, holds.shape[1])), 0, self.step.parcels_max))
        found = milp(
            c=figure.astype(float),
            constraints=rules,
            bounds=Bounds(0, 1),
            integrality=np.ones(holds.shape[1]),
            options={"mip_rel_gap": 0.0},
        )
        if found.x is None:
            return None
        return int((figure * np.rint(found.x).astype(np.int64)).sum())

    def judge_nothing(self) -> str | None:
        """Whether nobody can serve it indeed."""
        one = np.ones_like(self.parcels.part)
        return None if self.least(one, self.parcels, ()) is None else "we found no plan"

    def judge(self, sifted: Sight, plan: Solution) -> str | None:
        """Whether no plan within the filters is better at what is wanted."""
        if any(plan.unmet):
            return "something is left open"
        if self.step.goals or self.step.price is None:
            told = GOALS.get(self.step.aim, ())
            goals = self.step.goals or told
            if goals:
                return self._in_order(sifted, plan, goals)
        return self._in_money(sifted, plan)

    def _in_order(self, sifted: Sight, plan: Solution, goals: Sequence[Tolerance]) -> str | None:
        """Goals one after the other, each left its tolerance."""
        parcels, bounds = self.parcels, list[tuple[Measure, int]]()
        footprint = self.sight.footprint.take(self.sight.ways.lane)
        problem = replace(sifted.problem, footprint=footprint)
        for nth, goal in enumerate(goals):
            ours = measure(problem, plan, goal.by)
            limits = [(parcels.figure(by), most) for by, most in bounds]
            if goal.by == Measure.TIME:
                least = next(
                    (
                        by
                        for by in np.unique(parcels.arrives).tolist()
                        if self._can(parcels.only(parcels.arrives <= by), bounds)
                    ),
                    None,
                )
            else:
                least = self.least(parcels.figure(goal.by), parcels, limits)
            if least is None:
                return f"goal {nth}: the program finds no plan"
            within = 0 if goal.by == Measure.TIME else least * goal.within_percent // 100
            most = least + goal.within + within
            if ours > most:
                return f"goal {nth}, {goal.by}: {ours}, {most} at most"
            if nth == len(goals) - 1 and ours != least:
                return f"{goal.by}: {ours}, {least} is enough"
            if goal.by == Measure.TIME:
                parcels = parcels.only(parcels.arrives <= most)
            else:
                bounds.append((goal.by, most))
        return None

    def _can(self, parcels: Parcels, bounds: Sequence[tuple[Measure, int]]) -> bool:
        limits = [(parcels.figure(by), most) for by, most in bounds]
        return self.least(np.ones_like(parcels.part), parcels, limits) is not None

    def _in_money(self, sifted: Sight, plan: Solution) -> str | None:
        """One sum: cost, grams and days at their prices, what units are worth, a 64th a parcel."""
        price = self.step.price or PRICES[self.step.aim]
        parcels = self.parcels
        earliest = sifted.problem.columns.arrives.item(0)
        score = (parcels.cents + parcels.beside) * 64 + 1
        score = score + parcels.grams * (price.tonne * 64) // 1_000_000

        def waiting(by: int) -> int:
            return (by - earliest) * price.day * 64 // DAY

        totals = []
        for by in np.unique(parcels.arrives).tolist():
            some = parcels.arrives <= by
            least = self.least(score[some], parcels.only(some), ())
            if least is not None:
                totals.append(least + waiting(by))
        last = max(sifted.problem.columns.arrives.item(each.column) for each in plan.parcels)
        ours = plan.score + waiting(last)
        return None if ours == min(totals) else f"{ours} sixty-fourths, {min(totals)} are enough"


CHEAPEST = Tolerance(by=Measure.COST)
GOALS = {
    Aim.FASTEST: (Tolerance(by=Measure.TIME), CHEAPEST),
    Aim.LOWEST_EMISSIONS: (Tolerance(by=Measure.EMISSIONS), CHEAPEST),
}
PRICES = {
    Aim.ECONOMIC: Price(),
    Aim.BALANCED: Price(tonne=BALANCED_TONNE_CENTS, day=BALANCED_DAY_CENTS),
}
