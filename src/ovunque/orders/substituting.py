"""A customer gets another item instead of what is not found, if they or the retailer allow it.

They never pay more for it: the line of the other item costs what the first one did, or less.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import find_item
from ovunque.catalog.substituting import list_substitutes
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Fulfillment, Reason, Wanted
from ovunque.fulfillment.model.consulting import Consent
from ovunque.fulfillment.rules import to_pick
from ovunque.fulfillment.substituting import InsteadRequest, put_instead
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import events, rules, store
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order, OrderLine
from ovunque.platform import journal
from ovunque.platform.database import Tx

LINES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteRequest:
    """Missing units, and what goes instead; `consent`: how the customer said yes."""

    fulfillment_id: UUID
    missing: Wanted
    reason: Reason
    instead: str
    consent: Consent | None
    new_id: NewId


def substitute(tx: Tx, by: Actor, request: SubstituteRequest, now: datetime) -> Fulfillment:
    """The work as it stands then: the other item is to be picked."""
    work = find_work(tx, by, request.fulfillment_id)
    journal.lock(tx, [work.order_id])
    order = find_order(tx, work.order_id)
    line = _line_of(order, find_work(tx, by, request.fulfillment_id), request.missing)
    _check_allowed(tx, order, line, request)
    other = _other_line(tx, order, line, request)
    store.add_lines(tx, order, [other])
    units = request.missing.quantity
    asked = InsteadRequest(
        fulfillment_id=request.fulfillment_id,
        missing=Wanted(line_id=line.id, sku=line.sku, quantity=units),
        reason=request.reason,
        instead=other.sku,
        line_id=other.id,
        new_id=request.new_id,
    )
    after = put_instead(tx, by, asked, now)
    store.save_canceled(tx, {line.id: units})
    fact = events.substituted(order, (line, other), request.consent)
    journal.record(tx, [fact], by=by.name, at=now)
    return after


def _line_of(order: Order, work: Fulfillment, missing: Wanted) -> OrderLine:
    """The one order line that the missing units are of."""
    rows = [row for row in work.lines if missing.means(row) and to_pick(row)]
    left = sum(to_pick(row) for row in rows if row.line_id == rows[0].line_id)
    if left < missing.quantity:
        raise Refusal("not_to_pick", left=left)
    return next(each for each in order.lines if each.id == rows[0].line_id)


def _check_allowed(tx: Tx, order: Order, line: OrderLine, request: SubstituteRequest) -> None:
    allowed = {each.sku: each for each in list_substitutes(tx, [line.sku]).get(line.sku, ())}
    rule = allowed.get(request.instead)
    is_plain = not (rules.is_bundle(order, line) or line.waiting)
    if rule is None or not is_plain or len(order.lines) >= LINES_MAX:
        raise Refusal("no_substitute", sku=line.sku, instead=request.instead)
    if rule.asks and request.consent is None:
        raise Refusal("consent_needed", instead=request.instead)


def _other_line(tx: Tx, order: Order, line: OrderLine, request: SubstituteRequest) -> OrderLine:
    price = find_item(tx, request.instead).price_cents
    units = request.missing.quantity
    unit_price = line.unit_price if price is None else min(line.unit_price, price)
    return OrderLine(
        id=request.new_id(),
        nth=max(each.nth for each in order.lines) + 1,
        delivery=line.delivery,
        sku=request.instead,
        ordered=units,
        unplaced=0,
        backordered=0,
        canceled=0,
        unit_price=unit_price,
        discount=min(rules.discount_of(line, units), unit_price * units),
        tax_rate_ppm=line.tax_rate_ppm,
        home_available=0,
        instead_of=line.id,
    )
