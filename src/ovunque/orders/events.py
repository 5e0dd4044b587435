"""What the orders room announces."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment
from ovunque.fulfillment.model.consulting import PickupQuestion
from ovunque.fulfillment.model.keeping_back import OrderHold
from ovunque.kernel.ids import public_id
from ovunque.orders.model import Agreement, Order, OrderLine
from ovunque.orders.model.editing import Edited
from ovunque.platform.journal import Fact

PLACED = "order.placed"
RESOURCED = "order.resourced"
UNPLACED = "order.unplaced"
SERVED = "order.served"
EXPECTED = "order.expected"
CANCELED = "order.canceled"
EDITED = "order.edited"
UNCOLLECTED = "order.uncollected"
HELD = "order.held"
RELEASED = "order.released"
PICKUP_REFUSED = "order.pickup_refused"
PICKUP_ANSWERED = "order.pickup_answered"
PICKUP_UNANSWERED = "order.pickup_unanswered"


def placed(order: Order) -> Fact:
    """An order was accepted, and its stock is reserved; contact data stays with the customers."""
    return Fact(
        kind=PLACED,
        subject=order.number,
        order_id=order.id,
        body={
            "channel_id": order.channel_id,
            "lines": len(order.lines),
            "units": sum(line.ordered for line in order.lines),
            "unplaced": sum(line.unplaced for line in order.lines),
            "fulfillments": [each.id for each in order.fulfillments],
        }
        | ({"promises": len(order.promises)} if order.promises else {}),
    )


def resourced(order: Order, before: Sequence[Fulfillment], after: Sequence[Fulfillment]) -> Fact:
    """Units have moved on from the fulfillments that they waited in."""
    begun = [(work.id, None, work.state) for work in after if work.resource_at is not None]
    body = {
        "replaced": [work.id for work in before],
        "fulfillments": [work.id for work in after],
        "locations": sorted({str(work.location_id) for work in before}),
    }
    return Fact(
        kind=RESOURCED,
        subject=order.number,
        order_id=order.id,
        body=body | {"moved": begun} if begun else body,
    )


def unplaced(order: Order, lines: Mapping[UUID, int]) -> Fact:
    """No location can serve these units of an order for now."""
    return Fact(
        kind=UNPLACED,
        subject=order.number,
        order_id=order.id,
        body={"lines": [{"line": id_, "units": units} for id_, units in lines.items()]},
    )


def served(order: Order, lines: Mapping[UUID, int], works: Sequence[Fulfillment]) -> Fact:
    """Goods have come for units that waited: they have a place now."""
    return Fact(
        kind=SERVED,
        subject=order.number,
        order_id=order.id,
        body={
            "lines": [{"line": id_, "units": units} for id_, units in lines.items()],
            "units": sum(lines.values()),
            "fulfillments": [work.id for work in works],
        },
    )


def expected(order: Order, lines: Sequence[OrderLine], late: Collection[UUID]) -> Fact:
    """What comes has changed: these lines can be expected on other days, or on none known.

    Of some it is only known that they are late.
    """
    days = [line.expected_on for line in lines if line.expected_on is not None]
    return Fact(
        kind=EXPECTED,
        subject=order.number,
        order_id=order.id,
        body={
            "lines": [
                {"line": line.id, "expected_on": line.expected_on, "late": line.id in late}
                for line in lines
            ],
            "last": max(days) if len(days) == len(lines) else None,
        },
    )


def canceled(order: Order, lines: Mapping[UUID, int], reason: str) -> Fact:
    """Units of an order are not wanted any more."""
    units = [{"line": id_, "units": n} for id_, n in lines.items()]
    return Fact(
        kind=CANCELED,
        subject=order.number,
        order_id=order.id,
        body={"reason": reason, "lines": units},
    )


def edited(edited: Edited, nth: int) -> Fact:
    """An order is otherwise than it was; no address and no word of it stands in the journal."""
    before, after = edited.before, edited.after
    known = {work.id for work in before.fulfillments}
    return Fact(
        kind=EDITED,
        subject=after.number,
        order_id=after.id,
        body={
            "nth": nth,
            "lines": [
                {"line": line.id, "sku": line.sku, "was": was, "is": line.wanted}
                for was, line in edited.lines
            ],
            "deliveries": [
                {"delivery": way.nth, "service": way.service, "location": way.location_id}
                for was, way in zip(before.deliveries, after.deliveries, strict=True)
                if was != way
            ],
            "words": (before.gift, before.notes) != (after.gift, after.notes),
            "difference": edited.difference,
            "fulfillments": [work.id for work in after.fulfillments if work.id not in known],
            "promises": [
                {"delivery": each.delivery, "was": was, "is": each.told}
                for was, each in edited.promises
            ],
        },
    )


def pickup_unanswered(asked: PickupQuestion) -> Fact:
    """The customer has not said for hours what happens instead: customer care calls them."""
    return Fact(
        kind=PICKUP_UNANSWERED,
        subject=public_id("ord", asked.order_id),
        order_id=asked.order_id,
        body={
            "delivery": asked.delivery,
            "location": asked.location_id,
            "asked_at": asked.asked_at,
        },
    )


def pickup_refused(order: Order, asked: PickupQuestion, expected_at: datetime | None) -> Fact:
    """A store does not serve who wants to fetch there: they are asked what happens instead."""
    return Fact(
        kind=PICKUP_REFUSED,
        subject=order.number,
        order_id=order.id,
        body={
            "delivery": asked.delivery,
            "location": asked.location_id,
            "expected_at": expected_at,
        },
    )


def pickup_answered(order: Order, answered: PickupQuestion) -> Fact:
    """The customer has said what happens instead, and how that was heard."""
    return Fact(
        kind=PICKUP_ANSWERED,
        subject=order.number,
        order_id=order.id,
        body={
            "delivery": answered.delivery,
            "location": answered.location_id,
            "answer": answered.answer,
            "consent": answered.consent,
        },
    )


def held(order: Order, hold: OrderHold) -> Fact:
    """An order is kept back, and whose task it is."""
    body: dict[str, Any] = {"reason": hold.reason, "owner": hold.owner}
    if hold.expires_at is not None:
        body |= {"expires_at": hold.expires_at, "on_expiry": hold.on_expiry}
    return Fact(kind=HELD, subject=order.number, order_id=order.id, body=body)


def released(order: Order, hold: OrderHold, *, is_over: bool = False) -> Fact:
    """It is not kept back for that reason any more; perhaps because its time was over."""
    body = {"reason": hold.reason} | ({"expired": True} if is_over else {})
    return Fact(kind=RELEASED, subject=order.number, order_id=order.id, body=body)


def uncollected(order: Order, lines: Mapping[UUID, int]) -> Fact:
    """Nobody came for these units in time: they are on sale again, and not owed any more."""
    units = [{"line": id_, "units": n} for id_, n in lines.items()]
    return Fact(kind=UNCOLLECTED, subject=order.number, order_id=order.id, body={"lines": units})


def substituted(order: Order, lines: tuple[OrderLine, OrderLine], consent: str | None) -> Fact:
    """Another item goes instead of what was not found; how the customer agreed, if they had to."""
    before, after = lines
    return Fact(
        kind="order.substituted",
        subject=order.number,
        order_id=order.id,
        body={
            "line": before.id,
            "sku": before.sku,
            "instead": after.id,
            "instead_sku": after.sku,
            "units": after.ordered,
            "unit_price": after.unit_price,
            "consent": consent,
        },
    )


def pickup_agreed(order: Order, agreed: Agreement) -> Fact:
    """Who may fetch a delivery, and what is paid there; no name stands in the journal."""
    return Fact(
        kind="order.pickup_agreed",
        subject=order.number,
        order_id=order.id,
        body={
            "delivery": agreed.delivery,
            "by_another": agreed.collector is not None,
            "to_pay": agreed.to_pay,
        },
    )


def paid_at_till(order: Order, agreed: Agreement) -> Fact:
    """What was to be paid at the till is paid."""
    return Fact(
        kind="order.paid_at_till",
        subject=order.number,
        order_id=order.id,
        body={
            "delivery": agreed.delivery,
            "amount": agreed.to_pay,
            "receipt": agreed.receipt,
        },
    )
