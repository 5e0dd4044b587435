"""Prices by weight, as rows of one table."""

from collections.abc import Sequence

BIG = 1 << 50  # No price: the service does not carry that weight.

Bands = tuple[tuple[int, int], ...]
Later = tuple[tuple[int, Bands], ...]  # By the first day on which they count, ascending.


def bands_on(usual: Bands, later: Later, day: int) -> Bands:
    """What counts on a day."""
    return next((bands for first, bands in reversed(later) if first <= day), usual)


def price_row(bands: Bands, edges: Sequence[int]) -> list[int]:
    """What a route costs up to each edge: the price of its first band that reaches so far."""
    prices: list[int] = []
    left = iter((*bands, (edges[-1], BIG)))
    weight_max_g, price_cents = next(left)
    for edge in edges:
        while weight_max_g < edge:
            weight_max_g, price_cents = next(left)
        prices.append(price_cents)
    return prices
