"""Emission factors as they stand, and those that a carrier or the retailer tells."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.delivery import events, store
from ovunque.delivery.model import EmissionFactor
from ovunque.delivery.rules.emitting import check_factor
from ovunque.delivery.store import emitting as factors_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import ROWS_MAX, Saved, refuse_faults, repeated, tally
from ovunque.platform import journal
from ovunque.platform.database import Tx


def list_factors(tx: Tx) -> tuple[EmissionFactor, ...]:
    """All of them, of several of one kind the newest last."""
    return store.list_factors(tx)


def save_factors(
    tx: Tx, by: Actor, requests: Sequence[EmissionFactor], now: datetime, _: NewId
) -> Saved:
    """Emissions are reckoned with these from now on; what was reckoned before stays."""
    assert len(requests) <= ROWS_MAX
    twice = repeated("/year", [each.key for each in requests])
    refuse_faults(
        [(*check_factor(each), *again) for each, again in zip(requests, twice, strict=True)]
    )
    before = {each.key: each for each in factors_store.lock_factors(tx)}
    fresh = {each.key: each for each in requests if before.get(each.key) != each}
    if fresh:
        factors_store.save_factors(tx, list(fresh.values()))
        names = sorted({each.vehicle for each in fresh.values()})
        journal.record(tx, [events.changed(events.FACTOR, names)], by=by.name, at=now)
    return tally(len(requests), fresh, before)
