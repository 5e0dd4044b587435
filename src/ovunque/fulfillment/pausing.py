"""A location pauses, or something has happened: work that could leave from elsewhere is taken away.

What customers come for stays, and so does what is picked: it is on its way to its parcel.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, WithdrawReason
from ovunque.fulfillment.store import moving as moving_store
from ovunque.fulfillment.store import picking as picking_store
from ovunque.fulfillment.store import planning as store
from ovunque.fulfillment.withdrawing import take_away, to_put_back
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events as stock_events
from ovunque.stock.setting_aside import set_aside


def list_due(tx: Tx, _: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work at a location that pauses, and that could leave from elsewhere."""
    return moving_store.list_orders_to_move(tx, limit)


def move(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Take it away; returns how much that was. It waits to be sourced again elsewhere."""
    journal.lock(tx, order_ids)
    moving = moving_store.list_to_move(tx, order_ids)
    works = [work for work in store.list_of_orders(tx, order_ids) if work.id in moving]
    return take_back(tx, by, works, WithdrawReason.PAUSE, now)


def halt(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """The same for what falls under an incident: nobody is to blame, nothing is held against it."""
    journal.lock(tx, order_ids)
    under = moving_store.list_under_incidents(tx, order_ids, now)
    works = [work for work in store.list_of_orders(tx, order_ids) if work.id in under]
    done = take_back(tx, by, works, WithdrawReason.INCIDENT, now)
    moving_store.save_taken_by(tx, [work.id for work in works], WithdrawReason.INCIDENT.value)
    return done


def list_to_halt(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that falls under an incident in force."""
    return moving_store.list_orders_under_incidents(tx, now, limit)


def take_back(
    tx: Tx, by: Actor, works: Sequence[Fulfillment], reason: WithdrawReason, now: datetime
) -> int:
    """Take work from its locations; the caller holds its orders. Returns how much that was."""
    if not works:
        return 0
    facts = take_away(tx, by, (works, reason), now)
    levels = set_aside(tx, [each for work in works for each in to_put_back(work)], now)
    for work in works:
        if any(line.picked for line in work.lines):
            picking_store.save_unpicked(tx, work.id)
    if levels:
        facts.append(stock_events.changed(levels))
    journal.record(tx, facts, by=by.name, at=now)
    return len(works)
