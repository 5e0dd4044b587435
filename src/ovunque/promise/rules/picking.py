"""Which of many options are shown, and what each is best at."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeVar

from ovunque.promise.model import Badge, Option
from ovunque.promise.rules.front import Point

T = TypeVar("T")
Axes = tuple[int, int, int]  # Money, minutes, grams.

# What comes first for each kind, and what decides between equals.
FIRST: dict[Badge, Callable[[Axes], tuple[int, ...]]] = {
    Badge.CHEAPEST: itemgetter(0, 1, 2),
    Badge.FASTEST: itemgetter(1, 0, 2),
    Badge.LOWEST_EMISSIONS: itemgetter(2, 0, 1),
}


def picks(points: Sequence[Point]) -> list[Point]:
    """The cheapest, the fastest, the one with least emissions and the knee, each once."""
    if len(points) == 1:
        return [*points]
    chosen = best_of(points, lambda each: (each.cents, each.arrives, each.grams))
    return [point for point in points if any(point is each for each in chosen.values())]


def with_badges(options: Sequence[Option]) -> tuple[Option, ...]:
    """What each option is best at, of those by the same service.

    A parcel to the door and a walk to a counter do not compare: how the customer comes is in
    nobody's figures.
    """
    services = dict.fromkeys(option.service for option in options)
    return tuple(
        option
        for service in services
        for option in _compared([each for each in options if each.service == service])
    )


def _compared(options: Sequence[Option]) -> tuple[Option, ...]:
    """Money is what the customer pays; of equals, what it costs us."""
    if len(options) == 1:
        return (options[0]._replace(badges=tuple(Badge)),)
    paid = max(each.cost_cents for each in options) + 1

    def axes(option: Option) -> Axes:
        minutes = int(option.latest.timestamp()) // 60
        return option.customer_price * paid + option.cost_cents, minutes, option.emissions_g

    chosen = best_of(options, axes)
    return tuple(
        each._replace(badges=tuple([badge for badge, best in chosen.items() if best is each]))
        for each in options
    )


def best_of(options: Sequence[T], axes: Callable[[T], Axes]) -> dict[Badge, T]:
    """The best of each kind; of equals the one that stands first."""
    told = [axes(each) for each in options]
    chosen: dict[Badge, int] = {}
    for badge, order in FIRST.items():
        ranks = [*map(order, told)]
        chosen[badge] = ranks.index(min(ranks))
    chosen[Badge.BEST] = knee(told)
    return {badge: options[at] for badge, at in chosen.items()}


def knee(told: Sequence[Axes]) -> int:
    """The one nearest to being best in everything, all three scaled alike."""
    spans = [(min(axis), (max(axis) - min(axis)) or 1) for axis in zip(*told, strict=True)]
    (low, span), (soon, wait), (green, spread) = spans
    far = [
        ((one - low) / span) ** 2 + ((two - soon) / wait) ** 2 + ((three - green) / spread) ** 2
        for one, two, three in told
    ]
    return far.index(min(far))
