"""A person chooses a location for what the rules found none for."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_components
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import replanning, serving_waiting
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Short


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRequest:
    """Which order's units that wait, to which location; and what is known of the world."""

    order_id: UUID
    location: str
    snapshot: Snapshot
    new_id: NewId


def assign(tx: Tx, by: Actor, request: AssignRequest, now: datetime) -> Order:
    """The order with work at that location, by no strategy's leave; refused where it cannot be.

    What is out because of an incident stays out, and nobody gives what they do not have.
    """
    snapshot = replace(request.snapshot, bars=request.snapshot.bars.by_hand)
    place = snapshot.network.by_code.get(request.location)
    if place is None:
        raise Refusal("not_found", what=f"location {request.location[:64]}")
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    parts = list_components(tx, {line.sku for line in order.lines})
    waiting = serving_waiting.waits_for(order, parts)
    if not waiting.wants:
        raise Refusal("nothing_waits", number=order.number)
    world = replanning.world_of(tx, snapshot, [waiting], now)
    hope = replanning.hope(waiting, world, request.new_id, now, only=place.id)
    if not hope.works:
        raise Refusal("cannot_serve", location=place.code)
    hope = replace(
        hope,
        works=tuple(replace(work, by_hand=True) for work in hope.works),
        excluded=frozenset(),
    )
    claimed = claim(tx, [Ask(plans=(hope.reservations,), channel_id=order.channel_id)], now)
    if isinstance(claimed.outcomes[0], Short):
        raise Refusal("cannot_serve", location=place.code)
    facts = serving_waiting.write_served(tx, [hope], now)
    facts += stock_events.claimed(claimed.levels, claimed.expired)
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)
