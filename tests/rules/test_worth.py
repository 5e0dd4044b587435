"""What units are worth to their stores."""

from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.stock.rules import worth
from ovunque.stock.rules.worth import (
    held,
    margin,
    overstock_credits,
    rate,
    shares,
    tail_prices,
    taken,
)


def poisson_tail(mean: float, units: int) -> float:
    return 1 - sum(exp(-mean) * mean**k / factorial(k) for k in range(units))


def test_the_last_unit_of_a_fast_seller_costs_about_its_margin() -> None:
    prices = tail_prices(np.array([2_000]), np.array([2.0]), 6)

    assert prices[:, 0].tolist() == [1_729, 1_188, 647, 286, 105, 33]


@given(margin=st.integers(0, 100_000), mean=st.floats(0, 30))
def test_a_price_is_the_poisson_sum_to_the_cent(margin: int, mean: float) -> None:
    prices = tail_prices(np.array([margin]), np.array([mean]), 20)[:, 0].tolist()

    for units, price in enumerate(prices, 1):
        assert price == pytest.approx(margin * poisson_tail(mean, units), abs=0.51)
    assert prices == sorted(prices, reverse=True), "the more lie there, the less one more is worth"
    more = tail_prices(np.array([margin]), np.array([mean + 1]), 20)[:, 0].tolist()
    assert all(a <= b for a, b in zip(prices, more, strict=True)), "and more to a faster seller"


def test_taking_two_units_costs_the_dearer_one_as_well() -> None:
    table = held(tail_prices(np.array([2_000, 2_000]), np.array([2.0, 0.0]), worth.UNITS_MAX))

    assert taken(table, np.array([2, 2]), 1).tolist() == [1_188, 0]
    assert taken(table, np.array([2, 2]), 2).tolist() == [1_188 + 1_729, 0]
    assert taken(table, np.array([1, 40]), 3).tolist() == [1_729, 0]


def test_what_nobody_would_buy_had_better_go() -> None:
    slow, fast = overstock_credits(np.array([1_000] * 2), np.array([0.1, 9.0]), 3).T.tolist()

    assert slow[0] > 900
    assert fast[0] < 5
    assert slow == sorted(slow)


def test_an_empty_shelf_proves_nothing() -> None:
    assert rate(sold=3.0, days_in_stock=6.0, prior=0.1) > rate(3.0, 30.0, 0.1)
    assert rate(sold=0.0, days_in_stock=0.0, prior=0.25) == 0.25


def test_a_new_item_sells_like_its_siblings_then_like_its_category() -> None:
    kinds = {
        "COAT-S": ("coat", "coats"),
        "COAT-M": ("coat", "coats"),
        "COAT-L": ("coat", "coats"),
        "CAPE": ("cape", "coats"),
        "LAMP": ("lamp", "lights"),
    }
    found = shares(kinds, {"COAT-S": 3.0, "COAT-M": 1.0}, ["COAT-L", "CAPE", "LAMP"])

    assert found == {"COAT-L": 0.5, "CAPE": 0.5, "LAMP": 0.0}
    assert shares(kinds, {}, ["CAPE"]) == {}


def test_margins() -> None:
    assert margin(10_000, 6_500) == 3_500
    assert margin(10_000, None) == 5_000
    assert margin(10_000, 12_000) == 0
