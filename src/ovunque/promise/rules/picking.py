"""Which of many options are shown, and what each is best at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ovunque.promise.model import Badge, Option
from ovunque.promise.rules.front import Point

T = TypeVar("T")
Axes = tuple[int, int, int]  # Money, minutes, grams.

# What comes first for each kind, and what decides between equals.
FIRST: dict[Badge, tuple[int, int, int]] = {
    Badge.CHEAPEST: (0, 1, 2),
    Badge.FASTEST: (1, 0, 2),
    Badge.LOWEST_EMISSIONS: (2, 0, 1),
}


def picks(points: Sequence[Point]) -> list[Point]:
    """The cheapest, the fastest, the one with least emissions and the knee, each once."""
    chosen = best_of(points, lambda each: (each.cents, each.arrives, each.grams))
    return [point for point in points if any(point is each for each in chosen.values())]


def with_badges(options: Sequence[Option]) -> tuple[Option, ...]:
    """What each option is best at; money is what the customer pays, then what it costs."""
    if not options:
        return ()
    paid = max(each.cost_cents for each in options) + 1

    def axes(option: Option) -> Axes:
        minutes = int(option.latest.timestamp()) // 60
        return option.customer_price * paid + option.cost_cents, minutes, option.emissions_g

    chosen = best_of(options, axes)
    return tuple(
        replace(each, badges=tuple(badge for badge, best in chosen.items() if best is each))
        for each in options
    )


def best_of(options: Sequence[T], axes: Callable[[T], Axes]) -> dict[Badge, T]:
    """The best of each kind; of equals the one that stands first."""
    found = {
        badge: min(options, key=lambda each: tuple(axes(each)[axis] for axis in order))
        for badge, order in FIRST.items()
    }
    return found | {Badge.BEST: knee(options, axes)}


def knee(options: Sequence[T], axes: Callable[[T], Axes]) -> T:
    """The one nearest to being best in everything, all three scaled alike."""
    told = [axes(each) for each in options]
    spans = [(min(axis), max(axis) - min(axis)) for axis in zip(*told, strict=True)]

    def distance(at: int) -> float:
        pairs = zip(told[at], spans, strict=True)
        return sum((((value - low) / span) ** 2 for value, (low, span) in pairs if span), start=0.0)

    return options[min(range(len(options)), key=distance)]
