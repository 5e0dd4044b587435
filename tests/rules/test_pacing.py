"""Buckets: so much a second for everybody, a burst at once, and nobody pays for another."""

from ovunque.access.pacing import PaceRequest, units_max_of
from ovunque.platform.http import pacing
from ovunque.platform.http.pacing import Buckets


class Clock:
    at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_a_bucket_lets_its_burst_through_and_then_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(10, 2, clock)
    assert [buckets.take("a", 5) for _ in range(5)] == [True] * 4 + [False]
    assert buckets.take("b", 20), "another's bucket is full"
    clock.at += 0.5
    assert [buckets.take("a", 5), buckets.take("a", 1)] == [True, False]
    clock.at += 60
    assert [buckets.take("a", 20), buckets.take("a", 1)] == [True, False], "no more than a burst"


def test_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    buckets = Buckets(10, 1, clock)
    assert not buckets.take("a", 11)
    assert buckets.take("a", 10)


def test_without_a_bound_everything_passes() -> None:
    buckets = Buckets(0, 1, Clock())
    assert all(buckets.take("a", 1_000_000) for _ in range(10))


def test_strangers_by_the_thousand_fill_no_memory() -> None:
    clock = Clock()
    buckets = Buckets(1, 1, clock)
    for nth in range(pacing.OWNERS_MAX + 10):
        buckets.take(nth, 1)
    assert len(buckets._full_at) <= pacing.OWNERS_MAX


def test_the_busiest_hour_is_no_theft() -> None:
    request = PaceRequest(units=1, on_hand=10_000, share_percent=30, units_free=500)
    assert units_max_of(request, usual=0) == 3_000
    assert units_max_of(request, usual=2_000) == 6_000
    small = PaceRequest(units=1, on_hand=100, share_percent=30, units_free=500)
    assert units_max_of(small, usual=0) == 500
