"""Work finds who does it: offered, taken, rejected, left alone, and sourced again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from ovunque.access.model import SYSTEM
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    OfferState,
    Reason,
)
from ovunque.fulfillment.offering import OfferRequest, propose
from ovunque.orders import events as order_events
from ovunque.orders import replanning
from ovunque.orders.replanning import Hope, World
from ovunque.simulation.history import habits
from ovunque.simulation.history.house import House
from ovunque.sourcing.explaining import body_of
from ovunque.sourcing.model import SourcingPlan
from ovunque.stock.model import Aside, Key, Move, StockLevel, Taken


def offer(house: House, order_id: UUID) -> None:
    """As the sweeper does it: all planned work of an order is proposed to its locations."""
    request = OfferRequest(
        order_ids=(order_id,), network=house.snapshot.network, new_id=house.chronicle.new_id
    )
    for work in [house.works[id_] for id_ in house.works_of[order_id]]:
        if work.state != FulfillmentState.PLANNED:
            continue
        proposal = propose(SYSTEM, work, request, house.now)
        for each in proposal.offers:
            house.add_offer(each)
        after = house.step_on(proposal.step)
        house.chronicle.tell(SYSTEM.name, proposal.fact)
        if after.state == FulfillmentState.ACCEPTED:
            house.prepare(work.id)
        else:
            expect_answer(house, work)


def expect_answer(house: House, work: Fulfillment) -> None:
    """What a store's people will say, and when; at the deadline the offer ends by itself."""
    offered = house.open_offer(work.id)
    assert offered is not None
    assert offered.accept_by is not None
    house.chronicle.at(offered.accept_by, lambda: expire(house, work.id))
    reason = reason_of(house, work)
    if reason is not None:
        house.chronicle.within(*habits.ANSWER, lambda: reject(house, work.id, reason))
    elif house.script_of(work.order_id) or not house.chronicle.chance(habits.IGNORE_PERCENT):
        house.chronicle.within(*habits.ANSWER, lambda: accept(house, work.id))


def reason_of(house: House, work: Fulfillment) -> Reason | None:
    """Why a store will say no; None: it takes the work."""
    script = house.script_of(work.order_id)
    if script is not None:
        is_first = len(house.works_of[work.order_id]) == 1
        return script.reject_first if is_first else None
    if not house.chronicle.chance(house.eager.get(work.location_id, habits.REJECT_PERCENT)):
        return None
    return draw(house, habits.REASONS)


def draw(house: House, weighed: Sequence[tuple[Reason, int]]) -> Reason:
    reasons = [reason for reason, _ in weighed]
    return house.rng.choices(reasons, weights=[weight for _, weight in weighed])[0]


def accept(house: House, work_id: UUID) -> None:
    work, by = house.works[work_id], house.staff[house.works[work_id].location_id]
    offered = house.open_offer(work_id)
    if offered is None:
        return
    step = rules.go(work, Event.ACCEPT)
    house.close_offer(offered, OfferState.CLAIMED, by, None)
    house.step_on(step)
    house.chronicle.tell(by, events.told(events.ACCEPTED, work, [step]))
    house.prepare(work_id)


def reject(house: House, work_id: UUID, reason: Reason) -> None:
    """As `fulfillment.rejecting.reject`, by a store that was asked."""
    work, by = house.works[work_id], house.staff[house.works[work_id].location_id]
    offered = house.open_offer(work_id)
    if offered is None:
        return
    step = rules.go(work, Event.REJECT)
    house.close_offer(offered, OfferState.REJECTED, by, reason.value)
    house.step_on(step)
    why = {"reason": reason, "blame": rules.EFFECTS[reason].blame}
    house.chronicle.tell(by, events.told(events.OFFER_REJECTED, work, [step], **why))
    house.chronicle.tell_stock(by, put_out_of_sale(house, work, work.lines, reason))
    house.chronicle.within(*habits.SWEEP, lambda: source_again(house, work.order_id))


def put_out_of_sale(
    house: House, work: Fulfillment, lines: Sequence[FulfillmentLine], reason: Reason
) -> tuple[StockLevel, ...]:
    """As `fulfillment.rejecting.put_out_of_sale`: what a reason says about the stock."""
    effect = rules.EFFECTS[reason]
    if effect.unavailable is None:
        return ()
    return house.ledger.set_aside(
        [
            Aside(
                key=Key(line.sku, work.location_id),
                reason=effect.unavailable,
                quantity=line.quantity,
                remainder=effect.remainder,
            )
            for line in lines
        ]
    )


def expire(house: House, work_id: UUID) -> None:
    """As `fulfillment.expiring.expire_offers`: nobody has answered in time."""
    offered = house.open_offer(work_id)
    if offered is None:
        return
    work = house.works[work_id]
    step = rules.go(work, Event.REJECT)
    house.close_offer(offered, OfferState.EXPIRED, SYSTEM.name, None)
    house.step_on(step)
    house.chronicle.tell(SYSTEM.name, events.told(events.OFFER_EXPIRED, work, [step]))
    house.chronicle.within(*habits.SWEEP, lambda: source_again(house, work.order_id))


def cancel_work(house: House, by: str, work: Fulfillment) -> None:
    """As `fulfillment.canceling`, of work of which nothing has been picked."""
    step = rules.go(work, Event.CANCEL)
    offered = house.open_offer(work.id)
    if offered is not None:
        house.close_offer(offered, OfferState.WITHDRAWN, by, "canceled")
    house.step_on(step)
    fact = events.told(events.CANCELED, work, [step], reason="customer", voided=[])
    house.chronicle.tell(by, fact)


def source_again(house: House, order_id: UUID) -> None:
    """As `orders.resourcing.source_again`: other places for all that waits."""
    order = house.order(order_id)
    waiting = replanning.waits(order, house.now)
    if waiting is None:
        return
    world = World(
        snapshot=house.snapshot, shelf=house.shelf(), contacts=house.contacts, sends=False
    )
    hope = replanning.hope(waiting, world, house.chronicle.new_id, house.now)
    if hope.is_idle:
        for work in waiting.works:
            later = house.now + replanning.LOOK_AGAIN
            house.works[work.id] = replace(house.works[work.id], resource_at=later)
    else:
        _move_on(house, hope)
    for work in (house.works[id_] for id_ in house.works_of[order_id]):
        if work.resource_at is not None:
            house.chronicle.at(work.resource_at, lambda: source_again(house, order_id))


def _move_on(house: House, hope: Hope) -> None:
    order = hope.waiting.order
    asks = [Move(gives=hope.waiting.reservations, plans=(hope.reservations,))]
    outcomes, levels = house.ledger.claim(asks)
    assert isinstance(outcomes[0], Taken), "it was planned on what is there"
    for work in hope.waiting.works:
        house.works[work.id] = replace(
            house.works[work.id], replaced_at=house.now, resource_at=None
        )
    for work in hope.works:
        house.add_work(replace(work, offers=(), parcels=()))
    house.orders[order.id] = replace(
        house.orders[order.id],
        lines=tuple(
            replace(line, at_work={}, unplaced=line.unplaced + hope.given_up.get(line.id, 0))
            for line in order.lines
        ),
    )
    body = body_of(hope.plans, excluded=sorted(map(str, hope.excluded)))
    decide(house, order.id, hope.plans, body)
    facts = [order_events.resourced(order, hope.waiting.works, hope.works)]
    if hope.given_up:
        facts.append(order_events.unplaced(order, hope.given_up))
    house.chronicle.tell(SYSTEM.name, *facts)
    house.chronicle.tell_stock(SYSTEM.name, levels)
    house.chronicle.within(*habits.SWEEP, lambda: offer(house, order.id))


def decide(
    house: House, order_id: UUID, plans: Sequence[SourcingPlan], body: Mapping[str, Any]
) -> None:
    """Keep a decision, and the lists that it points into."""
    house.candidates |= {part.record.candidates.digest: part.record.candidates for part in plans}
    house.decided[order_id] += 1
    house.decisions.append(
        {
            "order_id": order_id,
            "nth": house.decided[order_id],
            "decided_at": house.now,
            "body": body,
        }
    )
