"""The two sides of a trial as a table."""

from collections.abc import Callable, Iterator
from datetime import datetime

from ovunque.insight.judging import Side, Trial, ends_of
from ovunque.kernel.money import decimal_of

ROWS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("orders", lambda each: str(each.orders)),
    ("canceled", lambda each: str(each.canceled)),
    ("not served whole", lambda each: str(each.unserved)),
    ("g CO2e an order", lambda each: f"{each.emissions_g:.0f}"),
    ("parcels an order", lambda each: f"{each.parcels:.3f}"),
    ("in several parcels", lambda each: str(each.split)),
    ("lead time p50", lambda each: hours(each.lead_minutes_p50)),
    ("to the claim p50", lambda each: hours(each.claim_minutes_p50)),
    ("said no", lambda each: str(each.noes)),
    ("promises kept", lambda each: f"{each.kept} of {each.promised}"),
)


def hours(minutes: int | None) -> str:
    return "-" if minutes is None else f"{minutes / 60:.1f} h"


def describe_trial(trial: Trial, currency: str, now: datetime) -> Iterator[str]:
    version = trial.version
    yield (
        f"version {version.number} for {version.share_percent} % of orders "
        f"since {version.starts_at:%Y-%m-%d %H:%M}, {ends_of(trial, now)}"
    )
    yield f"{'':<20}{'trial':>12}{'others':>12}"

    def cost(side: Side) -> str:
        return str(decimal_of(round(side.cost_cents), currency))

    for name, tell in (("cost an order", cost), *ROWS):
        yield f"{name:<20}{tell(trial.drawn):>12}{tell(trial.others):>12}"
    if trial.cost_difference is not None:
        cents, margin = trial.cost_difference
        more, about = (decimal_of(round(each), currency) for each in (cents, margin))
        yield f"an order of the trial costs {more:+}, give or take {about}"
