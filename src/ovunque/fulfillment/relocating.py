"""Work moves to another location before anybody has touched it, and its units with it.

One claim gives the units back where they stood and takes them where they go: whoever is faster
has them, and nothing is reserved twice or nowhere in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.delivery.model import Service
from ovunque.fulfillment.model import Fulfillment, Offer
from ovunque.fulfillment.model.asking import Way
from ovunque.fulfillment.store import relocating as store
from ovunque.kernel.ids import derived_id
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """Work, and how it would stand at each of the places that may have it, the best first."""

    work: Fulfillment
    choices: Sequence[Fulfillment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocated:
    """The works that found a place, by id, and what is told of the stock."""

    works: Mapping[UUID, Fulfillment]
    facts: Sequence[Fact] = ()


def at(work: Fulfillment, way: Way, cause: UUID) -> Fulfillment:
    """The same work at another location; what follows from a cause gets the same ids again."""
    fetched_at = work.collect_at
    if work.service == Service.COLLECT and work.carrier_service_id is None:
        fetched_at = work.location_id
    return replace(
        work,
        location_id=way.location_id,
        carrier_service_id=way.carrier_service_id,
        arrives_at=way.arrives_at,
        cost_cents=way.cost_cents,
        emissions_g=way.emissions_g,
        collect_at=fetched_at if way.carrier_service_id is not None else None,
        lines=tuple(
            replace(line, reservation_id=derived_id(cause, line.reservation_id))
            for line in work.lines
        ),
    )


def relocate(tx: Tx, moves: Sequence[Relocation], now: datetime) -> Relocated:
    """Each work at the first of its places that has its units still; the others stay."""
    if not moves:
        return Relocated(works={})
    asks = [
        Move(
            gives=each.work.reservations,
            plans=tuple(choice.reservations for choice in each.choices),
        )
        for each in moves
    ]
    claimed = claim(tx, asks, now)
    found = {
        each.work.id: next(c for c in each.choices if c.reservations == outcome.plan)
        for each, outcome in zip(moves, claimed.outcomes, strict=True)
        if isinstance(outcome, Taken)
    }
    pairs = [(each.work, found[each.work.id]) for each in moves if each.work.id in found]
    store.save_relocated(tx, pairs)
    facts = stock_events.claimed(claimed.levels, claimed.expired)
    return Relocated(works=found, facts=facts)


def others(work: Fulfillment, offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Offers to other locations than the one where the units of the work stand."""
    return tuple(offer for offer in offers if offer.location_id != work.location_id)
