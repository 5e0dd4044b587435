"""One measurement: so many clients for so many seconds, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


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
    batch_mean: float | None = None
    failed: int = 0
    accepted: int = 0  # All that were accepted, those outside the measured time too.
    wrong: tuple[str, ...] = ()  # The first answer of the failed ones.


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The measured time, and the processor seconds each part used in it."""

    start: float
    end: float
    cpu: Mapping[str, float]


def point_of(
    name: str, clients: int, done: Sequence[Done], window: Window, **more: object
) -> Point:
    """The figures of what was done within the measured time."""
    inside = [each.seconds for each in done if window.start <= each.at < window.end]
    count = max(1, len(inside))
    p50, p99 = np.percentile(inside or [0.0], [50, 99]) * 1_000
    seconds = window.end - window.start
    return Point(
        name=name,
        clients=clients,
        seconds=round(seconds, 3),
        orders=len(inside),
        per_second=round(len(inside) / seconds, 1),
        p50_ms=round(float(p50), 3),
        p99_ms=round(float(p99), 3),
        cpu_us={part: round(used / count * 1e6, 1) for part, used in window.cpu.items()},
        **more,  # type: ignore[arg-type]
    )
