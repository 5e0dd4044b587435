"""One measurement: so many clients for so many seconds, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.machine import Reading, cores


class MeasuringError(Exception):
    """Nothing could be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Done:
    """One order as its client saw it."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Figures of one measurement; processor time is per order, by part."""

    name: str
    clients: int
    seconds: float
    orders: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: Mapping[str, float] = field(default_factory=dict)
    others_percent: int = 0  # Of the machine, taken by what is not part of this.
    batch_mean: float | None = None
    failed: int = 0
    accepted: int = 0  # All that were accepted, those outside the measured time too.
    wrong: tuple[str, ...] = ()  # The first answer of the failed ones.


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The measured time, within the time between two looks at the processes."""

    start: float
    end: float
    before: Reading
    after: Reading

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def cpu(self) -> dict[str, float]:
        """The processor seconds that each part used."""
        return {name: self.after.cpu[name] - used for name, used in self.before.cpu.items()}

    @property
    def others(self) -> float:
        """The share of the machine that was somebody else's; beats of the clock are coarse."""
        used = self.after.others - self.before.others
        return max(0.0, used / (self.after.at - self.before.at) / cores())


def between(before: Reading, after: Reading) -> Window:
    """All the time between two looks."""
    return Window(start=before.at, end=after.at, before=before, after=after)


def point_of(
    name: str, clients: int, done: Sequence[Done], window: Window, **more: object
) -> Point:
    """The figures of what was done within the measured time."""
    inside = [each.seconds for each in done if window.start <= each.at < window.end]
    paid = sum(window.before.at <= each.at < window.after.at for each in done)
    p50, p99 = np.percentile(inside or [0.0], [50, 99]) * 1_000
    return Point(
        name=name,
        clients=clients,
        seconds=round(window.seconds, 3),
        orders=len(inside),
        per_second=round(len(inside) / window.seconds, 1),
        p50_ms=round(float(p50), 3),
        p99_ms=round(float(p99), 3),
        cpu_us={part: round(used / max(1, paid) * 1e6, 1) for part, used in window.cpu.items()},
        others_percent=round(window.others * 100),
        **more,  # type: ignore[arg-type]
    )


def least_disturbed(points: Iterable[Point]) -> list[Point]:
    """One point for each measurement: that of the round in which others took least.

    What others do does not depend on what we measure, so the choice flatters nobody.
    """
    found: dict[tuple[str, int], Point] = {}
    for point in points:
        best = found.setdefault((point.name, point.clients), point)
        if point.others_percent < best.others_percent:
            found[point.name, point.clients] = point
    return list(found.values())
