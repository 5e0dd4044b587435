"""Orders and their work as programs see them."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.api.orders_bodies import (
    ChargeAmount,
    MilestonesShown,
    OrderChargeShown,
    OrderDeliveryShown,
    OrderGift,
    OrderHoldShown,
    OrderLineShown,
    OrderLinks,
    OrderPromiseShown,
    OrderShown,
    PickupQuestionShown,
    Price,
    RevisedShown,
    WorkLineShown,
    WorkOfferShown,
    WorkParcelShown,
    WorkShown,
)
from ovunque.fulfillment.model import Fulfillment, Offer, Parcel, Stage
from ovunque.fulfillment.model.consulting import Instead
from ovunque.fulfillment.model.keeping_back import OrderHold
from ovunque.kernel.ids import public_id
from ovunque.orders.consulting import expected_for
from ovunque.orders.model import Order, OrderLine
from ovunque.orders.rules import shipping_of
from ovunque.orders.sharing import token_of
from ovunque.promise.model import KeptPromise, Milestones, Outcome
from ovunque.promise.rules.milestones import next_of, worst
from ovunque.sourcing.model import Deviation
from ovunque.sourcing.snapshot import Snapshot

RESERVED, IN_WORK, SHIPPED, DELIVERED, COLLECTED = Stage  # An enum looks its members up slowly.
PATH, TRACKING = "/v1/orders", "/v1/tracking"
WORST_FIRST = (Outcome.LATE, Outcome.KEPT, Outcome.EARLY, Outcome.VOID)


def show(order: Order, snapshot: Snapshot) -> OrderShown:
    """An order as programs see it."""
    id_ = public_id("ord", order.id)
    return OrderShown(
        id=id_,
        number=order.number,
        external_id=order.external_id,
        channel=snapshot.network.channel_of[order.channel_id].channel.code,
        status=order.status,
        holds=[show_hold(each) for each in order.holds],
        customer=public_id("cus", order.customer_id),
        currency=order.currency,
        on_shortage=order.on_shortage,
        placed_at=order.placed_at,
        gift=OrderGift(order.gift) if order.gift else None,
        notes=order.notes,
        lines=[show_line(line, order.currency) for line in order.lines],
        deliveries=[
            OrderDeliveryShown(
                service=each.service,
                location=code_of(each.location_id, snapshot) if each.location_id else None,
                promise=show_promise(
                    [kept for kept in order.promises if kept.delivery == each.nth], order.currency
                ),
                question=show_question(order, each.nth, snapshot) if order.questions else None,
            )
            for each in order.deliveries
        ],
        charges=[
            OrderChargeShown(kind=each.kind, amount=ChargeAmount(each.amount, order.currency))
            for each in order.charges
        ],
        fulfillments=[
            show_work(each, snapshot, order.milestones.get(each.id)) for each in order.fulfillments
        ],
        promise=show_promise(order.promises, order.currency, shipping_of(order))
        if order.promises
        else None,
        links=OrderLinks(
            self=f"{PATH}/{id_}",
            journal=f"{PATH}/{id_}/journal",
            decisions=f"{PATH}/{id_}/decisions",
            tracking=f"{TRACKING}/{token_of(order.id)}",
        ),
    )


def show_hold(hold: OrderHold) -> OrderHoldShown:
    return OrderHoldShown(
        reason=hold.reason,
        owner=hold.owner,
        held_at=hold.held_at,
        held_by=hold.held_by,
        expires_at=hold.expires_at,
        on_expiry=hold.on_expiry,
    )


def show_question(order: Order, nth: int, snapshot: Snapshot) -> PickupQuestionShown | None:
    """What the customer is asked about a delivery; nothing, if nothing is."""
    asked = next((each for each in order.questions if each.delivery == nth), None)
    if asked is None:
        return None
    return PickupQuestionShown(
        location=code_of(asked.location_id, snapshot),
        asked_at=asked.asked_at,
        expected_at=expected_for(order, nth),
        answers=[Instead.TRANSFER, Instead.DELIVERY],
    )


def show_promise(
    kept: Sequence[KeptPromise], currency: str, charged: int | None = None
) -> OrderPromiseShown | None:
    """What was promised for deliveries, taken together; nothing where nothing was."""
    if not kept:
        return None
    deviations = {each.deviation for each in kept if each.deviation}
    revised = [each for each in kept if each.revised is not None and each.revised_at is not None]
    outcomes = [each.outcome for each in kept if each.outcome is not None]
    arrivals = [each.arrived_at for each in kept if each.arrived_at is not None]
    return OrderPromiseShown(
        earliest=max(each.earliest for each in kept),
        latest=max(each.latest for each in kept),
        customer_price=Price(sum(each.customer_price for each in kept), currency),
        charged=None if charged is None else Price(charged, currency),
        deviation=max(deviations, key=list(Deviation).index, default=None),
        standing=worst([each.standing for each in kept]),
        revised=RevisedShown(
            latest=max(each.told for each in kept),
            told_at=max(each.revised_at for each in revised if each.revised_at),
        )
        if revised
        else None,
        outcome=min(outcomes, key=WORST_FIRST.index) if len(outcomes) == len(kept) else None,
        arrived_at=max(arrivals) if len(arrivals) == len(kept) else None,
        blame=next((each.blame for each in kept if each.blame), None),
    )


def show_milestones(work: Fulfillment, known: Milestones | None) -> MilestonesShown | None:
    """Until when the steps of promised work have to be done; what nobody was promised has none."""
    if known is None:
        return None
    step = next_of(work, known)
    return MilestonesShown(
        accept_by=known.accept_by,
        pick_by=known.pick_by,
        pack_by=known.pack_by,
        hand_over_by=known.hand_over_by,
        arrive_by=known.arrive_by,
        standing=known.standing,
        next=step[0] if step else None,
    )


def show_line(line: OrderLine, currency: str) -> OrderLineShown:
    at_work = line.at_work.get
    return OrderLineShown(
        id=public_id("lin", line.id),
        sku=line.sku,
        quantity=line.ordered,
        delivery=line.delivery,
        unplaced=line.unplaced,
        backordered=line.backordered,
        expected_on=line.expected_on,
        canceled=line.canceled,
        reserved=at_work(RESERVED, 0),
        in_work=at_work(IN_WORK, 0),
        shipped=at_work(SHIPPED, 0),
        delivered=at_work(DELIVERED, 0),
        collected=at_work(COLLECTED, 0),
        unit_price=Price(line.unit_price, currency),
        discount=Price(line.discount, currency),
        tax_rate_ppm=line.tax_rate_ppm,
        home_available=line.home_available,
    )


def show_work(
    work: Fulfillment, snapshot: Snapshot, milestones: Milestones | None = None
) -> WorkShown:
    return WorkShown(
        id=public_id("ful", work.id),
        order=public_id("ord", work.order_id),
        location=code_of(work.location_id, snapshot),
        state=work.state,
        service=work.service,
        delivery=work.delivery,
        planned_at=work.planned_at,
        arrives_at=work.arrives_at,
        emissions_g=work.emissions_g,
        changed_at=work.changed_at,
        replaced_at=work.replaced_at,
        pickup_code=work.pickup_code,
        collect_at=code_of(work.collect_at, snapshot) if work.collect_at else None,
        collect_by=work.collect_by,
        milestones=show_milestones(work, milestones),
        lines=[
            WorkLineShown(
                line=public_id("lin", each.line_id),
                sku=each.sku,
                quantity=each.quantity,
                picked=each.picked,
                parcel=public_id("par", each.parcel_id) if each.parcel_id else None,
            )
            for each in work.lines
        ],
        offers=[show_offer(each, snapshot) for each in work.offers],
        parcels=[show_parcel(each) for each in work.parcels],
    )


def show_parcel(parcel: Parcel) -> WorkParcelShown:
    return WorkParcelShown(
        id=public_id("par", parcel.id),
        state=parcel.state,
        weight_g=parcel.weight_g,
        sscc=parcel.sscc,
        tracking=parcel.tracking,
    )


def show_offer(offer: Offer, snapshot: Snapshot) -> WorkOfferShown:
    return WorkOfferShown(
        location=code_of(offer.location_id, snapshot),
        state=offer.state,
        opened_at=offer.opened_at,
        accept_by=offer.accept_by,
        closed_at=offer.closed_at,
        closed_by=offer.closed_by,
        reason=offer.reason,
    )


def code_of(location_id: UUID, snapshot: Snapshot) -> str:
    network = snapshot.network
    return network.locations[network.position_of[location_id]].code
