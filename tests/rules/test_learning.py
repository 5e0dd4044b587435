"""What parcels teach: distributions that the late ones are part of, and levels that keep on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest

from ovunque.delivery.rules.days import PPM, Days, Level, exactly, reach, within
from ovunque.delivery.rules.learning import Seen, adapt, blend, curve, learn_transit

SERVICE = UUID(int=1)
TODAY = date(2026, 3, 2)


def days(*chances: float) -> Days:
    return Days(np.array(chances), Level.LANE)


def test_handling_and_transit_are_convolved_and_quantiles_are_not_added() -> None:
    """The example of the design: the quantiles add up to four days, three are enough."""
    handling, transit = days(0.7, 0.2, 0.1), days(0, 0.6, 0.28, 0.1, 0.02)
    both = reach(handling, transit)

    assert both[3] == 922_000
    assert within(both, 900_000) == 3
    alone = [within(reach(exactly(0), each), 900_000) for each in (handling, transit)]
    assert sum(alone) == 4


def test_a_parcel_on_its_way_has_told_that_it_takes_longer() -> None:
    """Four arrived after 2 days, four are 3 days old: half of all take longer than 3."""
    told = curve([2] * 4 + [3] * 4, [True] * 4 + [False] * 4, [1.0] * 8)
    assert told.tolist() == [0, 0, 0.5, 0, 0.5]
    delivered = curve([2] * 4, [True] * 4, [1.0] * 4)
    assert delivered.tolist() == [0, 0, 1, 0]


def test_the_nearest_level_with_enough_parcels_speaks_and_leans_on_the_next() -> None:
    def seen(origin: str, took: int, count: int) -> list[Seen]:
        ends = {
            Level.LANE: (origin, "south"),
            Level.ZONES: ("north", "south"),
            Level.COUNTRIES: ("IT", "IT"),
        }
        return [
            Seen(days=took, arrived=True, on=TODAY, contract=1, service_id=SERVICE, ends=ends)
            for _ in range(count)
        ]

    learned = learn_transit([*seen("MILANO", 2, 90), *seen("TORINO", 4, 60)], TODAY)

    assert set(learned) == {
        (SERVICE, Level.COUNTRIES, "IT", "IT"),
        (SERVICE, Level.ZONES, "north", "south"),
        (SERVICE, Level.LANE, "MILANO", "south"),
    }
    country = learned[SERVICE, Level.COUNTRIES, "IT", "IT"].chances
    assert country == pytest.approx([0, 30 / 180, 90 / 180, 0, 60 / 180, 0])
    zones = learned[SERVICE, Level.ZONES, "north", "south"].chances
    lane = learned[SERVICE, Level.LANE, "MILANO", "south"].chances
    own = np.array([0, 0, 1.0, 0])
    assert lane == pytest.approx(blend([(90, own), (30, zones)]))
    assert learn_transit(seen("ROMA", 2, 79), TODAY) == {}
    old = [*seen("ROMA", 2, 159)]
    assert learn_transit(old, TODAY + timedelta(days=30)) == {}, "half forgotten, too few are left"


def test_a_level_moves_towards_what_was_asked_once_enough_is_known() -> None:
    assert adapt(100_000, 100_000, due=149, broken=149) == 100_000
    assert adapt(100_000, 100_000, due=200, broken=40) == 70_000
    assert adapt(100_000, 100_000, due=200, broken=0) == 130_000
    assert adapt(10_000, 100_000, due=200, broken=200) == 4_000


@dataclass(frozen=True)
class Sent:
    """A parcel of the simulated carrier, and what was promised for it by each rule."""

    on: int
    took: int
    promised: int
    naive: int


def carrier(rng: np.random.Generator, day: int, parcels: int) -> Sequence[int]:
    """Lognormal days; slower by half over the year, and in two bursts of three weeks on top."""
    drift = 1 + 0.5 * day / 365
    took = np.exp(rng.normal(np.log(4.0 * drift), 0.45, parcels))
    if 120 <= day < 141 or 240 <= day < 261:
        took += rng.integers(2, 6, parcels) * (rng.random(parcels) < 0.4)
    return [int(each) for each in np.ceil(took)]


def year_of(confidence_ppm: int, seed: int) -> list[Sent]:
    """A year of promises: distributions are learned nightly, the level is moved weekly."""
    rng = np.random.default_rng(seed)
    sent: list[Sent] = []
    late_ppm = wanted = PPM - confidence_ppm
    for day in range(330):
        recent = [each for each in sent if each.on > day - 90]
        here = [each.on + each.took <= day for each in recent]
        if day % 7 == 0:
            due = [e for e in recent if day - 56 <= e.on <= day - 7 and e.on + e.promised < day]
            broken = sum(each.took > each.promised for each in due)
            late_ppm = adapt(late_ppm, wanted, len(due), broken)
        promised = naive = 8
        if day >= 30:
            ages = [min(each.took, day - each.on) for each in recent]
            weights = [0.5 ** ((day - each.on) / 30) for each in recent]
            told = Days(curve(ages, here, weights), Level.LANE)
            promised = within(reach(exactly(0), told), PPM - late_ppm, round(sum(weights)))
            lately = [each for each in recent if each.on > day - 21]
            arrived = [each.took for each in lately if each.on + each.took <= day]
            naive = int(np.quantile(arrived, confidence_ppm / PPM, method="higher"))
        sent += [Sent(day, took, promised, naive) for took in carrier(rng, day, 30)]
    return [each for each in sent if each.on >= 60]


@pytest.mark.parametrize("confidence_ppm", [800_000, 900_000, 950_000])
def test_promises_of_a_year_with_drift_and_bursts_are_kept_as_often_as_was_asked(
    confidence_ppm: int,
) -> None:
    sent = year_of(confidence_ppm, seed=6)
    kept = sum(each.took <= each.promised for each in sent) / len(sent)
    naive = sum(each.took <= each.naive for each in sent) / len(sent)
    print(f"asked {confidence_ppm / PPM:.0%}: kept {kept:.1%}, naive {naive:.1%}")

    assert abs(kept - confidence_ppm / PPM) <= 0.015
    assert naive < confidence_ppm / PPM - 0.015, "of delivered parcels alone one promises too much"
