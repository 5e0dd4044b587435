"""The price of a store's last units, and how it is learned.

Selling the k-th unit that a store holds to somebody far away costs the store its margin if k or
more people would have walked in for one before more comes:

    worth(k) = margin x P(Poisson(rate x days) >= k)

A fast seller's last unit is worth about its margin, a unit that nobody asks for nothing. It is
the marginal value of inventory in the newsvendor model under Poisson demand, as in Littlewood's
rule of revenue management: protect a unit from a lower fare as long as the higher fare times the
chance that it is asked for is more. (K. Littlewood, Forecasting and control of passenger bookings,
AGIFORS 1972; P. Zipkin, Foundations of Inventory Management, 2000, chapter 6.)

The rate is a gamma prior met by Poisson sales: `(w * prior + sold) / (w + days in stock)`. An empty
shelf sells nothing and proves nothing, so only days with something on it count.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

HALF_LIFE_DAYS = 28
PRIOR_DAYS = 14.0  # How many days of its own a place needs to weigh as much as what we assume.
E6 = 1_000_000
USUAL_DAYS = 7  # Until more comes, where nobody knows.
DAYS_MAX = 90
MARGIN_PERCENT = 50  # Of the price, where nobody has told what an item costs.
OVERSTOCK_DAYS = 84  # A unit that is not sold within them is one too many.
UNITS_MAX = 32  # Beyond, each further unit counts as the last of these.

Cents = NDArray[np.int64]
Floats = NDArray[np.float64]


def rate(sold: float, days_in_stock: float, prior: float) -> float:
    """Units a day that people who walk in buy, if there is always one."""
    return (PRIOR_DAYS * prior + sold) / (PRIOR_DAYS + days_in_stock)


def chances(mean: Floats, units_max: int) -> Floats:
    """[units, places]: the chance that so many or more are asked for, for 1, 2, ... units."""
    exactly = np.exp(-mean)  # That nobody comes.
    fewer = exactly.copy()
    found = np.empty((units_max, len(mean)))
    for units in range(units_max):
        found[units] = np.maximum(1.0 - fewer, 0.0)
        exactly = exactly * mean / (units + 1)
        fewer = fewer + exactly
    return found


def tail_prices(margin_cents: Cents, mean: Floats, units_max: int) -> Cents:
    """[units, places]: what the 1st, 2nd, ... unit held is worth."""
    prices: Cents = np.rint(margin_cents * chances(mean, units_max)).astype(np.int64)
    return prices


def overstock_credits(price_cents: Cents, mean: Floats, units_max: int) -> Cents:
    """[units, places]: what is lost with the 1st, 2nd, ... unit held if it has to be given away.

    The price times the chance that fewer people come for it before it is too late.
    """
    left = 1.0 - chances(mean, units_max)
    credits_: Cents = np.rint(price_cents * left).astype(np.int64)
    return credits_


def held(prices: Cents) -> Cents:
    """[units + 1, places]: what all units held are worth, for 0, 1, 2, ... of them."""
    return np.vstack([np.zeros((1, prices.shape[1]), np.int64), prices.cumsum(axis=0)])


def taken(held_cents: Cents, free: Cents, units: int) -> Cents:
    """[places]: what taking so many of the units that are free there costs a place.

    The dearest last: with the second unit goes the one that was worth more.
    """
    return _of(held_cents, free) - _of(held_cents, np.maximum(free - units, 0))


def _of(held_cents: Cents, free: Cents) -> Cents:
    most = len(held_cents) - 1
    place = np.arange(held_cents.shape[1])
    last = held_cents[most] - held_cents[most - 1]
    found: Cents = held_cents[np.minimum(free, most), place] + np.maximum(free - most, 0) * last
    return found


def shares(
    kinds: Mapping[str, tuple[str, str | None]], sold: Mapping[str, float], new: Sequence[str]
) -> dict[str, float]:
    """Of new items the part of all that tills sell that they will be, by product, then category.

    `kinds` says product and category of every item.
    """
    total = sum(sold.values())
    if not total:
        return {}
    fresh = set(new)
    by_kind: dict[tuple[str, str], list[float]] = {}
    for sku, (product, category) in kinds.items():
        if sku in fresh:
            continue
        units = sold.get(sku, 0.0)
        by_kind.setdefault(("product", product), []).append(units)
        by_kind.setdefault(("category", category or ""), []).append(units)
    found = {}
    for sku in new:
        product, category = kinds[sku]
        alike = by_kind.get(("product", product)) or by_kind.get(("category", category or ""))
        found[sku] = sum(alike) / len(alike) / total if alike else 0.0
    return found


def margin(price_cents: int, cost_cents: int | None) -> int:
    """What is earned by a unit."""
    if cost_cents is None:
        return price_cents * MARGIN_PERCENT // 100
    return min(max(price_cents - cost_cents, 0), price_cents)
