"""The strategies in force, in memory: which of them an order falls under, and their sieves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from ovunque.network.rules import PPM, confidence_ppm
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.sourcing.model import Applied, Ints, Reason, Reasons
from ovunque.sourcing.model.ruling import PlanStep, Version
from ovunque.sourcing.rules import strategy as rules
from ovunque.sourcing.rules.strategy import Case, Pursuit
from ovunque.sourcing.store import ruling as store

CHANGED, TRIAL_ENDED = "strategy.published", "strategy.trial_ended"
KINDS = frozenset({CHANGED, TRIAL_ENDED})
NO_GRACE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sieve:
    """One step on the network as it is: by position the reason that rules it out, or none."""

    step: PlanStep
    nth: int  # 1 for the first.
    out: Reasons
    pursuit: Pursuit
    risk_cents: Ints  # By position what a unit counts that may not be found there.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """What counts from one instant to another."""

    ranked: tuple[Version, ...]
    trials: tuple[Version, ...]
    since: datetime
    until: datetime | None


@dataclass(slots=True, kw_only=True, eq=False)
class Steering:
    """What was published and counts now or will; swapped whole when that changes."""

    versions: tuple[Version, ...] = ()
    network: NetworkView = field(default_factory=NetworkView)
    _outlook: Outlook | None = None
    _sieves: dict[tuple[str, int], tuple[Sieve, ...]] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether any strategy says whom to ask for work, and how."""
        return any(each.strategy.offers is not None for each in self.versions)

    def choose(self, case: Case) -> Version | None:
        """The version that an order falls under; None: the objective of its channel decides."""
        if not self.versions:
            return None
        return rules.choose(self.ranked(case.now, case.order_id), case)

    def ranked(self, now: datetime, order_id: UUID | None = None) -> tuple[Version, ...]:
        """The versions that count at an instant, in the order in which they are asked.

        For an order with the trials that it was drawn for; else without any.
        """
        outlook = self._at(now)
        if order_id is None or not outlook.trials:
            return outlook.ranked
        drawn = [each for each in outlook.trials if rules.is_drawn(each, order_id)]
        return rules.with_trials(outlook.ranked, drawn) if drawn else outlook.ranked

    def grace(self, applied: Applied | None) -> timedelta:
        """How long work waits that a version has planned, before anybody is asked for it."""
        if applied is None:
            return NO_GRACE
        by = (applied.strategy, applied.version)
        version = next((v for v in self.versions if (v.strategy.code, v.number) == by), None)
        offers = version.strategy.offers if version else None
        return timedelta(minutes=offers.grace_minutes) if offers else NO_GRACE

    def trials(self, now: datetime) -> tuple[Version, ...]:
        """Those that run at an instant."""
        return self._at(now).trials

    def _at(self, now: datetime) -> Outlook:
        """Remembered until something begins or ends; swapped whole, as several threads ask."""
        found = self._outlook
        if found is None or now < found.since or (found.until is not None and now >= found.until):
            turns = [each.starts_at for each in self.versions]
            turns += [each.ended_at for each in self.versions if each.ended_at is not None]
            found = self._outlook = Outlook(
                ranked=rules.in_force(self.versions, now),
                trials=tuple(each for each in self.versions if each.runs(now)),
                since=now,
                until=min((each for each in turns if each > now), default=None),
            )
        return found

    def sieves(self, version: Version) -> tuple[Sieve, ...]:
        """The steps of a version, laid over the network once."""
        key = version.strategy.code, version.number
        found = self._sieves.get(key)
        if found is None:
            steps = enumerate(version.strategy.steps, 1)
            found = tuple(sieve_of(nth, step, self.network) for nth, step in steps)
            self._sieves[key] = found
        return found

    def on_network(self, network: NetworkView) -> "Steering":
        """The same strategies on a network that has changed."""
        return Steering(versions=self.versions, network=network)


def sieve_of(nth: int, step: PlanStep, network: NetworkView) -> Sieve:
    """What a step says of places alone."""
    out = np.zeros(len(network.locations), np.uint8)
    for at, location in enumerate(network.locations):
        groups = frozenset(location.groups)
        if step.kinds and location.kind not in step.kinds:
            out[at] = Reason.WRONG_KIND
        elif (step.groups and not groups & set(step.groups)) or groups & set(step.not_groups):
            out[at] = Reason.WRONG_GROUP
        elif step.countries and location.country not in step.countries:
            out[at] = Reason.WRONG_COUNTRY
        elif (step.locations and location.code not in step.locations) or (
            location.code in step.not_locations
        ):
            out[at] = Reason.NOT_NAMED
    pursuit = rules.pursuit_of(step)
    cents = pursuit.weights.refusal_cents if pursuit.weights else 0
    risk_cents = risks(network, cents)
    return Sieve(step=step, nth=nth, out=out, pursuit=pursuit, risk_cents=risk_cents)


def risks(network: NetworkView, cents: int) -> Ints:
    """By position what a unit counts that may not be found there when it is picked."""
    sure = [
        confidence_ppm(each.kind, each.asked_units, each.missing_units)
        for each in network.locations
    ]
    found: Ints = cents * (PPM - np.array(sure, np.int64)) // PPM
    return found


def busy_percent(network: NetworkView, waiting: Ints) -> Ints:
    """By position, how much of a day's capacity waits already; where none is told: nothing."""
    capacity = np.array([each.capacity_per_day for each in network.locations], np.int64)
    return np.where(capacity > 0, waiting * 100 // np.maximum(capacity, 1), 0)


def load(tx: Tx, network: NetworkView) -> Steering:
    """All that was published and not withdrawn."""
    return Steering(versions=store.list_counting(tx), network=network)
