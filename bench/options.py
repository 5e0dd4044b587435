"""What a person may ask of a benchmark."""

from collections.abc import Callable
from dataclasses import dataclass


def say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    seconds: float = 6.0  # Of each measurement.
    warmup_seconds: float = 1.5
    rounds: int = 1  # Of all measurements; the least disturbed one of each counts.
    clients: tuple[int, ...] = ()  # None: as many as the benchmark is made for.
    sizes: int | None = None  # None: all sizes of a benchmark that has several.
    profile: bool = False
    tell: Callable[[str], None] = say_nothing  # How far we are.
