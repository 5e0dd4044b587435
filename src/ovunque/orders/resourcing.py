"""Units that their location will not serve are sourced again: without it, on the truth.

Fulfillment reports what was rejected or withdrawn; orders decide. The units move to where they
can be had in one claim. What nobody can serve is unplaced, and its reservation released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import planning
from ovunque.fulfillment.listing import list_orders_to_source
from ovunque.kernel.ids import NewId
from ovunque.orders import awaiting, consulting, events, replanning, store
from ovunque.orders.listing import list_by_id
from ovunque.orders.replanning import Hope
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.promise.keeping import look_again
from ovunque.sourcing.explaining import body_of, remember
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Short


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """Orders with units that wait, and what is known of the world."""

    order_ids: Sequence[UUID]
    snapshot: Snapshot
    new_id: NewId


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with units that wait to be sourced again."""
    return list_orders_to_source(tx, now, limit)


def source_again(tx: Tx, by: Actor, request: SourceRequest, now: datetime) -> int:
    """Find other places for all that waits; returns how many orders moved on.

    An order whose new place was taken in this very moment is left for the next round.
    """
    journal.lock(tx, request.order_ids)
    orders = list_by_id(tx, request.order_ids)
    waiting = [found for order in orders if (found := replanning.waits(order, now)) is not None]
    if not waiting:
        return 0
    world = replanning.world_of(tx, request.snapshot, waiting, now)
    hopes = [replanning.hope(each, world, request.new_id, now) for each in waiting]
    idle = [work.id for hope in hopes if hope.is_idle for work in hope.waiting.works]
    planning.postpone(tx, idle, now + replanning.LOOK_AGAIN)
    hopes = [hope for hope in hopes if not hope.is_idle]
    asks = [Move(gives=hope.waiting.reservations, plans=(hope.reservations,)) for hope in hopes]
    claimed = claim(tx, asks, now)
    outcomes = zip(hopes, claimed.outcomes, strict=True)
    done = [hope for hope, outcome in outcomes if not isinstance(outcome, Short)]
    facts = write(tx, done, now)
    facts += consulting.ask_customers(tx, done, now)
    facts += stock_events.claimed(claimed.levels, claimed.expired)
    journal.record(tx, facts, by=by.name, at=now)
    return len(done)


def write(tx: Tx, done: Sequence[Hope], now: datetime) -> list[Fact]:
    """New work orders in place of those that waited, why, and what is told of it."""
    planning.replace(tx, [work.id for hope in done for work in hope.waiting.works], now)
    planning.plan_work(tx, [work for hope in done for work in hope.works])
    store.save_unplaced(tx, {id_: n for hope in done for id_, n in hope.given_up.items()})
    remember(tx, [plan.record.candidates for hope in done for plan in hope.plans])
    store.add_decisions(
        tx,
        [
            {
                "order_id": hope.waiting.order.id,
                "decided_at": now,
                "body": body_of(
                    hope.plans,
                    excluded=sorted(map(str, hope.excluded)),
                    **({"instead": hope.instead} if hope.instead else {}),
                ),
            }
            for hope in done
        ],
    )
    look_again(tx, [hope.waiting.order.id for hope in done])
    facts = []
    for hope in done:
        order = hope.waiting.order
        if hope.waiting.works:
            facts.append(events.resourced(order, hope.waiting.works, hope.works))
        if hope.given_up:
            facts.append(events.unplaced(order, hope.given_up))
            facts += awaiting.wait(tx, awaiting.more_unplaced(order, hope.given_up))
    return facts
