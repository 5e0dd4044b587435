"""What a check finds in a strategy, and which strategy an order falls under."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from tests.factories import NOW

from ovunque.network.model import LocationKind
from ovunque.sourcing.model.ruling import (
    Aim,
    Conditions,
    Measure,
    Otherwise,
    PlanStep,
    Price,
    Strategy,
    Tolerance,
    Version,
)
from ovunque.sourcing.rules.findings import Known, check, faults_of
from ovunque.sourcing.rules.strategy import Case, choose, in_force, pursuit_of

KNOWN = Known(
    channels={"web-it"}, groups={"north"}, locations={"L000"}, carriers={"gls", "gls/fast"}
)
CASE = Case(channel="web-it", service="home", country="IT", value_cents=5_000, now=NOW)
WAREHOUSES = PlanStep(name="Warehouse", kinds=(LocationKind.WAREHOUSE,))
STORES = PlanStep(
    name="Store",
    kinds=(LocationKind.STORE,),
    keeps_promise=True,
    aim=Aim.LOWEST_EMISSIONS,
    parcels_max=2,
)


def strategy(*steps: PlanStep, **more: object) -> Strategy:
    told = {"code": "home", "name": "Home", "steps": steps or (WAREHOUSES, STORES), **more}
    return Strategy(**told)  # type: ignore[arg-type]


def found(asked: Strategy, *others: Strategy) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in check(asked, KNOWN, others)]


def test_a_sound_strategy_has_nothing_to_be_told() -> None:
    assert not faults_of(strategy())
    assert not found(strategy())


BAD_STEPS: dict[str, tuple[str, list[PlanStep]]] = {
    "/steps/1": ("unreachable", [PlanStep(name="All"), STORES]),
    "/steps/2": (
        "unreachable",
        [WAREHOUSES, STORES, msgspec.structs.replace(STORES, keep_units=2)],
    ),
    "/steps/0/not_groups": (
        "contradiction",
        [PlanStep(name="A", groups=("north",), not_groups=("north",))],
    ),
    "/steps/0/price": (
        "contradiction",
        [PlanStep(name="A", price=Price(day=1), goals=(Tolerance(by=Measure.COST),))],
    ),
    "/steps/0/days_late_max": ("contradiction", [PlanStep(name="A", days_late_max=2)]),
    "/steps/0/goals": (
        "contradiction",
        [PlanStep(name="A", goals=(Tolerance(by=Measure.COST),) * 2)],
    ),
    "/steps/0/groups/0": ("unknown_reference", [PlanStep(name="A", groups=("south",))]),
    "/steps/0/carriers/0": ("unknown_reference", [PlanStep(name="A", carriers=("gls/slow",))]),
}


@pytest.mark.parametrize("pointer", BAD_STEPS)
def test_what_is_wrong_with_a_step_is_told(pointer: str) -> None:
    code, steps = BAD_STEPS[pointer]
    assert (code, pointer) in found(strategy(*steps))


def test_a_narrow_step_before_a_wide_one_is_reached() -> None:
    assert not found(strategy(STORES, PlanStep(name="All")))
    assert not found(strategy(PlanStep(name="One parcel", parcels_max=1), PlanStep(name="All")))


def test_a_strategy_behind_one_that_takes_all_its_orders_is_told() -> None:
    wide = strategy(code="all", priority=10)
    narrow = strategy(when=Conditions(channels=("web-it",)))
    assert found(narrow, wide) == [("unreachable", "/priority")]
    assert not found(strategy(code="all", priority=900), narrow)
    assert not found(narrow, msgspec.structs.replace(wide, active=False))
    assert not found(narrow, strategy(code="all", priority=10, when=Conditions(value_min=1_000)))


def test_refusing_although_goods_exist_is_told() -> None:
    assert found(strategy(STORES, otherwise=Otherwise.WAIT)) == [("may_refuse", "/otherwise")]


@pytest.mark.parametrize(
    "bad",
    [
        strategy(code="not a code"),
        strategy(name=" "),
        strategy(steps=()),
        strategy(priority=-1),
        strategy(when=Conditions(countries=("Italy",))),
        strategy(when=Conditions(services=("rocket",))),
        strategy(PlanStep(name="A", parcels_max=0)),
        strategy(PlanStep(name="A", price=Price(tonne=-1))),
        strategy(PlanStep(name="A", goals=(Tolerance(by=Measure.COST, within=-1),))),
    ],
)
def test_what_is_out_of_bounds_is_no_strategy(bad: Strategy) -> None:
    assert faults_of(bad)


def version(number: int, starts: int, **more: object) -> Version:
    return Version(
        number=number,
        strategy=strategy(**more),
        published_at=NOW,
        published_by="anna",
        starts_at=NOW + timedelta(hours=starts),
    )


def test_what_began_last_counts_and_what_is_off_does_not() -> None:
    old, new = version(1, 0), version(2, 2)
    assert in_force([old, new], NOW) == (old,)
    assert in_force([old, new], NOW + timedelta(hours=2)) == (new,)
    assert in_force([old, version(2, 0, active=False)], NOW) == ()


def test_the_first_strategy_that_applies_is_the_one() -> None:
    rich = version(1, 0, code="rich", priority=1, when=Conditions(value_min=10_000))
    rest = version(1, 0)
    ranked = in_force([rest, rich], NOW)
    assert choose(ranked, CASE) == rest
    assert choose(ranked, replace(CASE, value_cents=10_000)) == rich
    assert choose([version(1, 0, when=Conditions(countries=("FR",)))], CASE) is None
    assert choose([version(1, 0, when=Conditions(until=NOW))], CASE) is None


def test_one_word_and_its_goals_are_the_same() -> None:
    said = PlanStep(name="A", goals=(Tolerance(by=Measure.TIME), Tolerance(by=Measure.COST)))
    assert pursuit_of(said) == pursuit_of(PlanStep(name="A", aim=Aim.FASTEST))
    assert pursuit_of(PlanStep(name="A", aim=Aim.BALANCED)).tonne_cents > 0
