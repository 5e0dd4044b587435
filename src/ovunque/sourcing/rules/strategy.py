"""What a strategy's words mean to the solver, and which strategy an order falls under."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from ovunque.sourcing.model.ruling import (
    ALL_PERCENT,
    Aim,
    Conditions,
    Measure,
    PlanStep,
    Price,
    Strategy,
    Version,
    newest,
)
from ovunque.sourcing.rules.goals import Goal

BALANCED_TONNE_CENTS = 80_000
BALANCED_DAY_CENTS = 100
WHOLE_COST = Price(last_units=100, overstock=15, refusal=300, busy=100)
CHEAPEST = Goal(by=Measure.COST)
PRESETS = {
    Aim.ECONOMIC: (CHEAPEST,),
    Aim.FASTEST: (Goal(by=Measure.TIME), CHEAPEST),
    Aim.LOWEST_EMISSIONS: (Goal(by=Measure.EMISSIONS), CHEAPEST),
    Aim.BALANCED: (Goal(by=Measure.COST, day_cents=BALANCED_DAY_CENTS),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What counts in money beside what is paid."""

    last_units: int  # Percent.
    overstock: int  # Percent.
    refusal_cents: int
    busy_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What of an order's delivery decides which strategy it falls under."""

    channel: str
    service: str
    country: str | None
    value_cents: int
    now: datetime
    order_id: UUID | None = None  # None: no order yet; it takes part in no trial.


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """What a step looks for, as the solver takes it; no goals: the least money."""

    goals: tuple[Goal, ...] = ()
    tonne_cents: int = 0
    weights: Weights | None = None

    @property
    def counts_grams(self) -> bool:
        return self.tonne_cents > 0 or any(each.by == Measure.EMISSIONS for each in self.goals)


def pursuit_of(step: PlanStep) -> Pursuit:
    """The goals of a step, whichever way they are said."""
    if step.goals:
        return Pursuit(
            goals=tuple(
                Goal(by=each.by, within=each.within, within_percent=each.within_percent)
                for each in step.goals
            )
        )
    if step.price is not None or step.aim == Aim.WHOLE_COST:
        return _priced(step.price or WHOLE_COST)
    if step.aim == Aim.ECONOMIC:
        return Pursuit()
    tonne_cents = BALANCED_TONNE_CENTS if step.aim == Aim.BALANCED else 0
    return Pursuit(goals=PRESETS[step.aim], tonne_cents=tonne_cents)


def _priced(price: Price) -> Pursuit:
    """Everything in money."""
    waiting = (Goal(by=Measure.COST, day_cents=price.day),) if price.day else ()
    weighs = price.last_units or price.overstock or price.refusal or price.busy
    weights = Weights(
        last_units=price.last_units,
        overstock=price.overstock,
        refusal_cents=price.refusal,
        busy_cents=price.busy,
    )
    return Pursuit(goals=waiting, tonne_cents=price.tonne, weights=weights if weighs else None)


def applies(when: Conditions, case: Case) -> bool:
    """Whether all that the conditions say holds."""
    return (
        (not when.channels or case.channel in when.channels)
        and (not when.services or case.service in when.services)
        and (not when.countries or case.country in when.countries)
        and (when.value_min is None or case.value_cents >= when.value_min)
        and (when.value_max is None or case.value_cents <= when.value_max)
        and (when.since is None or case.now >= when.since)
        and (when.until is None or case.now < when.until)
    )


def in_force(versions: Iterable[Version], now: datetime) -> tuple[Version, ...]:
    """Of each strategy the version that counts, in the order in which they are asked."""
    by_code: dict[str, list[Version]] = {}
    for each in versions:
        by_code.setdefault(each.strategy.code, []).append(each)
    counting = (newest(tuple(each), now) for each in by_code.values())
    active = [each for each in counting if each is not None and each.strategy.active]
    return tuple(sorted(active, key=lambda each: rank(each.strategy)))


def with_trials(ranked: Sequence[Version], trials: Iterable[Version]) -> tuple[Version, ...]:
    """The same with trials in place of the versions of their strategies."""
    tried = {each.strategy.code: each for each in trials}
    kept = [each for each in ranked if each.strategy.code not in tried]
    kept += [each for each in tried.values() if each.strategy.active]
    return tuple(sorted(kept, key=lambda each: rank(each.strategy)))


def is_drawn(trial: Version, order_id: UUID) -> bool:
    """Whether an order takes part in a trial: each time the same, and of each trial anew."""
    named = f"{trial.strategy.code} {trial.number} {order_id}".encode()
    lot = int(sha256(named).hexdigest()[:8], 16) % ALL_PERCENT
    return lot < trial.share_percent


def rank(strategy: Strategy) -> tuple[int, str]:
    return strategy.priority, strategy.code


def choose(ranked: Sequence[Version], case: Case) -> Version | None:
    """The first that applies; None: the objective of the channel decides."""
    return next((each for each in ranked if applies(each.strategy.when, case)), None)
