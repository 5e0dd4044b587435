"""Planned work is proposed to who may do it: a store answers, a warehouse has it at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import consulting, events, rules
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState, Offer, OfferState, Step
from ovunque.fulfillment.model.asking import Bid, Bids, Way, way_of
from ovunque.fulfillment.relocating import Relocation, at, others, relocate
from ovunque.fulfillment.store import keeping_back
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import planning as store
from ovunque.kernel.ids import NewId
from ovunque.network.snapshot import NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

AnswerBy = Callable[[UUID, timedelta], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRequest:
    """Orders whose planned work is to be offered, and what is known of locations."""

    order_ids: Sequence[UUID]
    network: NetworkView
    new_id: NewId
    bids: Bids = field(default_factory=dict)  # Whom to ask; not named: the planned location.
    answer_by: AnswerBy | None = None  # By a location's hours; None: by the clock.


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A fulfillment's offers, the step they mean, and the fact that tells it."""

    offers: tuple[Offer, ...]
    step: Step
    fact: Fact


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that is due to be offered."""
    return store.list_orders_to_offer(tx, now, limit)


def list_planned(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> tuple[Fulfillment, ...]:
    """The work of some orders, held by the caller, that is due to be offered.

    What a customer is asked about waits for their word, and what is kept back for its release.
    """
    held = {each.order_id for each in keeping_back.list_open(tx, order_ids)}
    asked = {(each.order_id, each.delivery) for each in consulting.list_open(tx, order_ids)}
    return tuple(
        work
        for work in store.list_of_orders(tx, order_ids)
        if work.state == FulfillmentState.PLANNED
        and work.offer_at <= now
        and (work.order_id, work.delivery) not in asked
        and work.order_id not in held
    )


def open_offers(tx: Tx, by: Actor, request: OfferRequest, now: datetime) -> int:
    """Offer what is planned and due; returns how much work that was."""
    journal.lock(tx, request.order_ids)
    works = [
        work
        for work in list_planned(tx, request.order_ids, now)
        if work.location_id in request.network.position_of  # Else it is too new: next time.
    ]
    moves = [
        Relocation(work=work, choices=[at(work, bids[0].way, request.new_id())])
        for work in works
        if (bids := request.bids.get(work.id)) and bids[0].way.location_id != work.location_id
    ]
    moved = relocate(tx, moves, now)
    proposals = [
        propose(by, moved.works.get(work.id, work), request, now, set_out=work.location_id)
        for work in works
    ]
    if proposals:
        step_on(tx, [each.step for each in proposals], now)
        offers_store.add_offers(tx, [offer for each in proposals for offer in each.offers])
        facts = [each.fact for each in proposals]
        journal.record(tx, [*facts, *moved.facts], by=by.name, at=now)
    return len(proposals)


def propose(
    by: Actor,
    work: Fulfillment,
    request: OfferRequest,
    now: datetime,
    set_out: UUID | None = None,
) -> Proposal:
    """What it means to offer planned work where its units stand, and to whoever competes.

    `set_out` is where it was planned, if it has moved to who is asked first.
    """
    bids = bids_of(work, request, now)
    if bids[0].accept_by is None:
        offer = _offer(by, work, bids[0], request.new_id(), now)
        step = rules.go(work, Event.OFFER, Event.ACCEPT)
        fact = events.told(events.ACCEPTED, work, [step], **_moved(work, set_out))
        return Proposal(offers=(offer,), step=step, fact=fact)
    offers = tuple(_offer(by, work, bid, request.new_id(), now) for bid in bids)
    step = rules.go(work, Event.OFFER)
    asked = {"others": [each.location_id for each in others(work, offers)]}
    fact = events.told(
        events.OFFERED,
        work,
        [step],
        accept_by=bids[0].accept_by,
        **(asked if len(offers) > 1 else {}),
        **_moved(work, set_out),
    )
    return Proposal(offers=offers, step=step, fact=fact)


def bids_of(work: Fulfillment, request: OfferRequest, now: datetime) -> Sequence[Bid]:
    """Whom to ask: first who has the units; the others only as far as they answer at all."""
    told = request.bids.get(work.id, ())
    mine = next((bid for bid in told if bid.way.location_id == work.location_id), None)
    if mine is None:
        mine = Bid(way=way_of(work), accept_by=deadline(work, request, now))
    rest = [bid for bid in told if bid is not mine and bid.accept_by is not None]
    return [mine, *rest]


def deadline(work: Fulfillment, request: OfferRequest, now: datetime) -> datetime | None:
    """Until when a location is asked where nobody says otherwise."""
    network = request.network
    location_id = work.location_id
    kind = network.locations[network.position_of[location_id]].kind
    within = rules.terms(kind, work.service).answer_within
    if within is None:
        return None
    return request.answer_by(location_id, within) if request.answer_by else now + within


def _moved(work: Fulfillment, set_out: UUID | None) -> dict[str, UUID]:
    if set_out is None or set_out == work.location_id:
        return {}
    return {"planned_location": set_out}


def _offer(by: Actor, work: Fulfillment, bid: Bid, id_: UUID, now: datetime) -> Offer:
    way: Way = bid.way
    taken = bid.accept_by is None
    return Offer(
        id=id_,
        fulfillment_id=work.id,
        order_id=work.order_id,
        location_id=way.location_id,
        state=OfferState.CLAIMED if taken else OfferState.OPEN,
        opened_at=now,
        accept_by=bid.accept_by,
        closed_at=now if taken else None,
        closed_by=by.name if taken else None,
        carrier_service_id=way.carrier_service_id,
        arrives_at=way.arrives_at,
        cost_cents=way.cost_cents,
        emissions_g=way.emissions_g,
    )
