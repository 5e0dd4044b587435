"""What is wrong with a strategy: values out of bounds, steps never reached, rules at odds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ovunque.kernel import rows
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults
from ovunque.sourcing.model.ruling import (
    AMONG_MAX,
    GRACE_MINUTES_MAX,
    PARCELS_MAX,
    Conditions,
    Offers,
    Otherwise,
    PlanStep,
    Strategy,
)

STEPS_MAX = 20
GOALS_MAX = 4
NUMBER_MAX = 1_000_000_000
NAME_MAX = 100
PRICE_MAX = {
    "tonne": 20_000_000,
    "day": 1_000_000,
    "last_units": 200,
    "overstock": 100,
    "refusal": 1_000_000,
    "busy": 1_000_000,
}
SERVICES = ("home", "express", "collect", "express_collect", "reserve", "pickup_point", "take_away")
LISTS = ("groups", "not_groups", "locations", "not_locations", "carriers")


class Severity(StrEnum):
    ERROR = "error"  # It cannot be published so.
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a check found; `pointer` says where in the document."""

    severity: Severity
    code: str
    pointer: str
    detail: str
    step: int | None = None  # 1 for the first.
    about: str = ""  # What it names: a code, or the number of a step.


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What exists, by the words that strategies use."""

    channels: Collection[str]
    groups: Collection[str]
    locations: Collection[str]
    carriers: Collection[str]  # And their services, as `carrier/service`.


def faults_of(strategy: Strategy) -> Faults:
    """What makes a document no strategy at all: it is not even a draft."""
    return (
        *rows.code("/code", strategy.code),
        *rows.text("/name", strategy.name, NAME_MAX),
        *rows.within("/priority", strategy.priority, 0, 1_000),
        *_when_faults(strategy.when),
        *_offer_faults(strategy.offers),
        *_counted("/steps", len(strategy.steps), 1, STEPS_MAX),
        *(
            fault
            for nth, step in enumerate(strategy.steps)
            for fault in _step_faults(f"/steps/{nth}", step)
        ),
    )


def _counted(pointer: str, count: int, low: int, high: int) -> Faults:
    if low <= count <= high:
        return ()
    return (Fault(pointer, "out_of_bounds", f"There are {count}, not between {low} and {high}."),)


def _when_faults(when: Conditions) -> Iterator[Fault]:
    yield from rows.each_of("/when/channels", when.channels, rows.code)
    for nth, service in enumerate(when.services):
        if service not in SERVICES:
            detail = f"Say one of {', '.join(SERVICES)}."
            yield Fault(f"/when/services/{nth}", "unknown_value", detail)
    yield from rows.each_of("/when/countries", when.countries, rows.country)
    yield from rows.within("/when/value_min", when.value_min, 0, NUMBER_MAX)
    yield from rows.within("/when/value_max", when.value_max, 0, NUMBER_MAX)
    for name in ("since", "until"):
        at = getattr(when, name)
        if at is not None and at.tzinfo is None:
            detail = "An instant is written like 2026-03-02T09:00:00Z."
            yield Fault(f"/when/{name}", "malformed", detail)


def _offer_faults(offers: Offers | None) -> Iterator[Fault]:
    if offers is None:
        return
    yield from rows.within("/offers/among", offers.among, 1, AMONG_MAX)
    yield from rows.within("/offers/minutes", offers.minutes, 1, 10_000)
    yield from rows.within("/offers/hour", offers.hour, 0, 1_000_000)
    yield from rows.within("/offers/asked_max", offers.asked_max, 1, 100)
    yield from rows.within("/offers/grace_minutes", offers.grace_minutes, 0, GRACE_MINUTES_MAX)


def _step_faults(pointer: str, step: PlanStep) -> Iterator[Fault]:
    yield from rows.text(f"{pointer}/name", step.name, NAME_MAX)
    for name in LISTS:
        yield from rows.each_of(f"{pointer}/{name}", getattr(step, name), rows.code)
    yield from rows.each_of(f"{pointer}/countries", step.countries, rows.country)
    yield from rows.within(f"{pointer}/distance_km_max", step.distance_km_max, 0, 20_000)
    yield from rows.within(f"{pointer}/days_max", step.days_max, 0, 365)
    yield from rows.within(f"{pointer}/days_late_max", step.days_late_max, 0, 365)
    yield from rows.within(f"{pointer}/keep_units", step.keep_units, 0, 1_000_000)
    yield from rows.within(f"{pointer}/busy_percent_max", step.busy_percent_max, 0, 10_000)
    yield from rows.within(f"{pointer}/parcels_max", step.parcels_max, 1, PARCELS_MAX)
    yield from _counted(f"{pointer}/goals", len(step.goals), 0, GOALS_MAX)
    for nth, goal in enumerate(step.goals):
        yield from rows.within(f"{pointer}/goals/{nth}/within", goal.within, 0, NUMBER_MAX)
        yield from rows.within(
            f"{pointer}/goals/{nth}/within_percent", goal.within_percent, 0, 1_000
        )
    if step.price is not None:
        for name, most in PRICE_MAX.items():
            yield from rows.within(f"{pointer}/price/{name}", getattr(step.price, name), 0, most)


def check(strategy: Strategy, known: Known, others: Sequence[Strategy] = ()) -> tuple[Finding, ...]:
    """All that somebody should see before it is published; `others` count beside it."""
    return (
        *_unknown(strategy, known),
        *_impossible_conditions(strategy),
        *(
            finding
            for nth, step in enumerate(strategy.steps, 1)
            for finding in _contradictions(nth, step)
        ),
        *_unreached_steps(strategy.steps),
        *_useless_ends(strategy),
        *_overshadowed(strategy, others),
    )


def _unknown(strategy: Strategy, known: Known) -> Iterator[Finding]:
    lists: list[tuple[str, int | None, Sequence[str], Collection[str]]] = [
        ("/when/channels", None, strategy.when.channels, known.channels)
    ]
    for nth, step in enumerate(strategy.steps, 1):
        names: Mapping[str, Collection[str]] = {
            "groups": known.groups,
            "not_groups": known.groups,
            "locations": known.locations,
            "not_locations": known.locations,
            "carriers": known.carriers,
        }
        for name, existing in names.items():
            lists.append((f"/steps/{nth - 1}/{name}", nth, getattr(step, name), existing))
    for pointer, step_nth, codes, existing in lists:
        for at, code in enumerate(codes):
            if code not in existing:
                yield Finding(
                    severity=Severity.ERROR,
                    code="unknown_reference",
                    pointer=f"{pointer}/{at}",
                    detail=f"There is no {code}.",
                    step=step_nth,
                    about=code,
                )


def _impossible_conditions(strategy: Strategy) -> Iterator[Finding]:
    when = strategy.when
    pairs = (
        ("value_min", when.value_min, when.value_max, "No order is worth at least more than most."),
        ("since", when.since, when.until, "It would end before it begins."),
    )
    for name, low, high, detail in pairs:
        if low is not None and high is not None and not low <= high:  # type: ignore[operator]
            yield Finding(
                severity=Severity.ERROR,
                code="never_applies",
                pointer=f"/when/{name}",
                detail=detail,
            )


def _contradictions(nth: int, step: PlanStep) -> Iterator[Finding]:
    """What a step says against itself: it could never find a location."""

    def finding(name: str, detail: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(
            severity=severity,
            code="contradiction",
            pointer=f"/steps/{nth - 1}/{name}",
            detail=detail,
            step=nth,
        )

    for one, other in (("groups", "not_groups"), ("locations", "not_locations")):
        wanted, refused = set(getattr(step, one)), set(getattr(step, other))
        if wanted and wanted <= refused:
            yield finding(other, "All that it looks at is excluded again.")
        elif wanted & refused:
            both = ", ".join(sorted(wanted & refused))
            yield finding(other, f"{both} is both looked at and excluded.", Severity.WARNING)
    if step.goals and step.price is not None:
        yield finding("price", "Goals in an order, or a price for everything: one of both.")
    measures = [each.by for each in step.goals]
    if len(set(measures)) < len(measures):
        yield finding("goals", "A goal that comes twice changes nothing.", Severity.WARNING)
    if step.days_late_max and not step.keeps_promise:
        yield finding("days_late_max", "It is late only where a promise counts.", Severity.WARNING)
    if step.parcels_max == 1 and step.splits is False:
        yield finding("splits", "One parcel never splits a line anyway.", Severity.WARNING)


def _unreached_steps(steps: Sequence[PlanStep]) -> Iterator[Finding]:
    """A step that finds nothing which one before it does not find as well."""
    for nth, step in enumerate(steps):
        before = next((at for at in range(nth) if covers(steps[at], step)), None)
        if before is not None:
            yield Finding(
                severity=Severity.WARNING,
                code="unreachable",
                pointer=f"/steps/{nth}",
                detail=f"Whatever this step could serve, step {before + 1} serves before it.",
                step=nth + 1,
                about=str(before + 1),
            )


def covers(wide: PlanStep, narrow: PlanStep) -> bool:
    """Whether one step finds a plan wherever the other one does."""
    return (
        all(
            not getattr(wide, name)
            or (getattr(narrow, name) and set(getattr(narrow, name)) <= set(getattr(wide, name)))
            for name in ("kinds", "groups", "countries", "locations", "carriers")
        )
        and set(wide.not_groups) <= set(narrow.not_groups)
        and set(wide.not_locations) <= set(narrow.not_locations)
        and _looser(wide.distance_km_max, narrow.distance_km_max)
        and _looser(wide.days_max, narrow.days_max)
        and _looser(wide.busy_percent_max, narrow.busy_percent_max)
        and (not wide.keeps_promise or _keeps_it_too(wide, narrow))
        and wide.keep_units <= narrow.keep_units
        and wide.parcels_max >= narrow.parcels_max
        and (wide.splits or not narrow.splits or narrow.parcels_max == 1)
        and (wide.part or not narrow.part)
    )


def _looser(wide: int | None, narrow: int | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)


def _keeps_it_too(wide: PlanStep, narrow: PlanStep) -> bool:
    return narrow.keeps_promise and narrow.days_late_max <= wide.days_late_max


def _useless_ends(strategy: Strategy) -> Iterator[Finding]:
    if strategy.otherwise == Otherwise.WAIT and not any(
        each.parcels_max == PARCELS_MAX and each.splits for each in strategy.steps
    ):
        yield Finding(
            severity=Severity.WARNING,
            code="may_refuse",
            pointer="/otherwise",
            detail="Orders that would take more parcels are refused, or wait, though goods exist.",
        )


def _overshadowed(strategy: Strategy, others: Sequence[Strategy]) -> Iterator[Finding]:
    """Another strategy is asked first and takes every order that this one could get."""
    for other in others:
        if other.code == strategy.code or not other.active:
            continue
        if (other.priority, other.code) > (strategy.priority, strategy.code):
            continue
        if _takes_all(other.when, strategy.when):
            yield Finding(
                severity=Severity.WARNING,
                code="unreachable",
                pointer="/priority",
                detail=f"Strategy {other.code} is asked first and takes all these orders.",
                about=other.code,
            )


def _takes_all(wide: Conditions, narrow: Conditions) -> bool:
    within = all(
        not getattr(wide, name)
        or (getattr(narrow, name) and set(getattr(narrow, name)) <= set(getattr(wide, name)))
        for name in ("channels", "services", "countries")
    )
    lows = ("value_min", "since")
    highs = ("value_max", "until")
    return (
        within
        and all(_begins_before(getattr(wide, each), getattr(narrow, each)) for each in lows)
        and all(_begins_before(getattr(narrow, each), getattr(wide, each)) for each in highs)
    )


def _begins_before(one: object, other: object) -> bool:
    """For lower bounds: none is before all; for upper ones it is called the other way round."""
    if one is None or other is None:
        return one is None if one is not other else True
    return bool(one <= other)  # type: ignore[operator]
