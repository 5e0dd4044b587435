"""Who may fetch a delivery, and what is paid at the till before it is handed over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers.model import Collector
from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Fulfillment
from ovunque.kernel.money import Amount
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders import events, rules
from ovunque.orders.listing import find_order
from ovunque.orders.model import Agreement, DeliveryRequest, Order
from ovunque.orders.store import agreeing as store
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeRequest:
    """What replaces all that was agreed before about a delivery."""

    order_id: UUID
    delivery: int
    collector: Collector | None
    to_pay: int | None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillRequest:
    """The till has the money: its receipt says so."""

    order_id: UUID
    delivery: int
    receipt: str


def agree(tx: Tx, by: Actor, request: AgreeRequest, now: datetime) -> Agreement:
    """What counts from now on; what is paid already cannot be another amount any more."""
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    _check_fetched(order, request.delivery)
    if request.currency not in (None, order.currency):
        detail = f"This order is in {order.currency}."
        fault = Fault("/to_pay/currency", "wrong_currency", detail)
        raise Refusal("invalid", errors=(fault,), detail=detail)
    before = store.find_agreement(tx, order.id, request.delivery)
    if before.receipt is not None and before.to_pay != request.to_pay:
        raise Refusal("paid_already", receipt=before.receipt)
    after = replace(before, collector=request.collector, to_pay=request.to_pay)
    store.save_agreement(tx, after)
    journal.record(tx, [events.pickup_agreed(order, after)], by=by.name, at=now)
    return after


def _check_fetched(order: Order, delivery: int) -> None:
    mine = next((each for each in order.deliveries if each.nth == delivery), None)
    if mine is None or mine.location_id is None:
        detail = "Nobody fetches this delivery."
        fault = Fault("/delivery", "unknown_reference", detail)
        raise Refusal("invalid", errors=(fault,), detail=detail)


def pay_at_till(tx: Tx, by: Actor, request: TillRequest, now: datetime) -> Agreement:
    """Paid, once; refused where nothing is to be paid, or nothing of it is wanted any more."""
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    mine = {each.nth: each.location_id for each in order.deliveries}
    before = store.find_agreement(tx, order.id, request.delivery)
    if by.location_id not in (None, mine.get(request.delivery)):
        raise Refusal("not_found", what="order")
    if not (before.unpaid and rules.is_wanted(order, request.delivery)):
        raise Refusal("nothing_to_pay")
    after = replace(before, receipt=request.receipt, paid_at=now, paid_by=by.name)
    store.save_agreement(tx, after)
    journal.record(tx, [events.paid_at_till(order, after)], by=by.name, at=now)
    return after


def hand_out(tx: Tx, by: Actor, request: CollectRequest, now: datetime) -> Fulfillment:
    """The goods are the customer's, as `collect` says; refused as long as money is owed."""
    work = find_work(tx, by, request.fulfillment_id)
    journal.lock(tx, [work.order_id])
    agreed = store.find_agreement(tx, work.order_id, work.delivery)
    if agreed.unpaid:
        currency = find_order(tx, work.order_id).currency
        raise Refusal("unpaid", amount=Amount(agreed.unpaid, currency))
    return collect(tx, by, request, now)


def name_collectors(tx: Tx, orders: Iterable[tuple[UUID, Sequence[DeliveryRequest]]]) -> None:
    """Who may fetch deliveries of orders that are placed a moment ago, as their buyers said."""
    named = [
        Agreement(order_id=order_id, delivery=nth, collector=each.collector)
        for order_id, deliveries in orders
        for nth, each in enumerate(deliveries)
        if each.collector is not None
    ]
    if named:
        store.add_agreements(tx, named)


def list_agreements(tx: Tx, order_ids: Sequence[UUID]) -> Mapping[tuple[UUID, int], Agreement]:
    """What was agreed about orders, by order and delivery."""
    return {(each.order_id, each.delivery): each for each in store.list_agreements(tx, order_ids)}


def find_agreement(tx: Tx, order_id: UUID, delivery: int) -> Agreement:
    """What was agreed about a delivery, as it stands."""
    return store.find_agreement(tx, order_id, delivery)
