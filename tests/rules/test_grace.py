"""The grace period: a customer may change their mind, and the work keeps its time."""

from datetime import UTC, datetime, timedelta

import pytest

from ovunque.orders.rules import offered_at

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grace", "until_it_leaves", "waits"),
    [
        (0, 600, 0),
        (30, 600, 30),
        (30, 120, 30),
        (30, 60, 15),  # Three of the four steps still lie ahead.
        (30, 0, 0),
        (30, -10, 0),  # It should have left already.
    ],
)
def test_grace_takes_none_of_the_works_time(grace: int, until_it_leaves: int, waits: int) -> None:
    leaves = NOW + timedelta(minutes=until_it_leaves)
    asked = offered_at(NOW, leaves, timedelta(minutes=grace))
    assert asked == NOW + timedelta(minutes=waits)
