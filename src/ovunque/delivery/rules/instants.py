"""Instants as whole minutes since the epoch: what happens within one happens at its start."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_of(at: datetime) -> int:
    return (at - EPOCH) // timedelta(minutes=1)


@lru_cache(maxsize=1 << 16)  # A network's parcels arrive at few moments, and are told of often.
def instant_of(minutes: int) -> datetime:
    return EPOCH + timedelta(minutes=minutes)
