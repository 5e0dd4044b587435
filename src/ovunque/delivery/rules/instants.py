"""Instants as whole minutes since the epoch: what happens within one happens at its start."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_of(at: datetime) -> int:
    return (at - EPOCH) // timedelta(minutes=1)


def instant_of(minutes: int) -> datetime:
    return EPOCH + timedelta(minutes=minutes)
