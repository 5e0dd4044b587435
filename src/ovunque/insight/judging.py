"""What became of the orders of a trial, beside those that it left to what counted before."""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from ovunque.insight.store import judging as store
from ovunque.platform.database import Tx
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Version

SURE = 1.96  # Standard errors: so far off in one of twenty trials of the same rules.


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What became of the orders so far; means are of an order that is served and not canceled."""

    orders: int = 0
    canceled: int = 0
    unserved: int = 0  # With units that nobody serves yet.
    served: int = 0
    cost_cents: float = 0.0
    spread_cents: float = 0.0  # Standard deviation.
    emissions_g: float = 0.0
    parcels: float = 0.0
    split: int = 0
    lead_minutes_p50: int | None = None  # To the planned arrival.
    claim_minutes_p50: int | None = None  # Until somebody who was asked took it.
    noes: int = 0  # Offers that were turned down or left alone.
    promised: int = 0  # Promises of which is known what became of them.
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial with the figures of both sides."""

    version: Version
    drawn: Side
    others: Side

    @property
    def cost_difference(self) -> tuple[float, float] | None:
        """By how many cents an order of the trial costs more, and how unsure that is."""
        one, other = self.drawn, self.others
        if min(one.served, other.served) < 2:
            return None
        error = sqrt(one.spread_cents**2 / one.served + other.spread_cents**2 / other.served)
        return one.cost_cents - other.cost_cents, SURE * error


def list_trials(tx: Tx, code: str) -> tuple[Trial, ...]:
    """The trials of a strategy that have begun or will, the newest first."""
    standing = publishing.find_strategy(tx, code)
    sides = {
        (number, drawn): Side(**dict(zip(Side.__dataclass_fields__, figures, strict=True)))
        for number, drawn, *figures in store.count_outcomes(tx, code)
    }
    return tuple(
        Trial(
            version=each,
            drawn=sides.get((each.number, True), Side()),
            others=sides.get((each.number, False), Side()),
        )
        for each in standing.versions
        if each.is_trial
    )


def ends_of(trial: Trial, now: datetime) -> str:
    """In one word how far it is."""
    if trial.version.starts_at > now:
        return "scheduled"
    return "running" if trial.version.runs(now) else "ended"
