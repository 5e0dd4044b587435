"""Locations that pause for a while: open again by themselves, whoever is there or not."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.network import events
from ovunque.network.store import pausing as store
from ovunque.platform import journal
from ovunque.platform.database import Tx


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Locations whose pause is over."""
    return store.list_to_resume(tx, now, limit)


def resume(tx: Tx, by: Actor, location_ids: Sequence[UUID], now: datetime) -> int:
    """Open them; returns how many. One whose pause was prolonged meanwhile stays as it is."""
    codes = store.save_open(tx, location_ids, now)
    if codes:
        journal.record(tx, [events.changed(events.LOCATION, codes)], by=by.name, at=now)
    return len(codes)
