"""What of an order can still be otherwise, and which units go when fewer are wanted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    ParcelState,
    Stage,
)
from ovunque.orders.model import GONE, Order, OrderLine
from ovunque.orders.model.editing import Amendment
from ovunque.orders.rules import Want, parts_of, set_of

Components = Mapping[str, tuple[tuple[str, int], ...]]  # Of bundles, by sku.


def is_closed(work: Fulfillment) -> bool:
    """Whether it is packed, waits for who fetches it, or has left: nobody can change it any more.

    A parcel is closed with its label on the way: its address is the carrier's by then.
    """
    packed = any(parcel.state != ParcelState.VOIDED for parcel in work.parcels)
    return packed or work.stage in GONE or work.state == FulfillmentState.READY


def works_of(order: Order, delivery: int) -> tuple[Fulfillment, ...]:
    """The work of a delivery that counts."""
    return tuple(work for work in order.fulfillments if work.is_live and work.delivery == delivery)


def is_begun(work: Fulfillment) -> bool:
    """Whether a location has taken it on."""
    return work.stage != Stage.RESERVED


def loose_rows(order: Order, line_id: UUID) -> list[tuple[Fulfillment, FulfillmentLine]]:
    """The rows of a line that are in no parcel and have not left; what nobody began comes first."""
    rows = [
        (work, row)
        for work in order.fulfillments
        if work.is_live and work.stage not in GONE
        for row in work.lines
        if row.line_id == line_id and row.parcel_id is None
    ]
    return sorted(rows, key=lambda pair: (is_begun(pair[0]), pair[1].picked > 0))


def takable(order: Order, line: OrderLine) -> int:
    """How many units of a line can still be taken away: sets of a bundle as a whole."""
    parts = parts_of(order.fulfillments).get(line.id, {})
    loose: Counter[str] = Counter()
    for _, row in loose_rows(order, line.id):
        loose[row.sku] += row.quantity
    sets = min((loose[sku] // set_of(line, parts, sku) for sku in parts), default=0)
    return line.waiting + sets


def units_to_take(order: Order, line: OrderLine, units: int) -> dict[UUID, int]:
    """Which reservations give how many, once all that waits is taken away."""
    parts = parts_of(order.fulfillments).get(line.id, {})
    sets = max(0, units - line.waiting)
    left = {sku: sets * set_of(line, parts, sku) for sku in parts} if sets else {}
    taken: dict[UUID, int] = {}
    for _, row in loose_rows(order, line.id):
        some = min(row.quantity, left.get(row.sku, 0))
        if some:
            taken[row.reservation_id] = some
            left[row.sku] -= some
    assert not any(left.values()), "no more is taken than can be"
    return taken


def waits_less(line: OrderLine, units: int) -> OrderLine:
    """The line after so many were taken away: what has no place at all goes first."""
    unplaced = min(line.unplaced, units)
    backordered = min(line.backordered, units - unplaced)
    left = line.backordered - backordered
    return replace(
        line,
        unplaced=line.unplaced - unplaced,
        backordered=left,
        canceled=line.canceled + units,
        expected_on=line.expected_on if left else None,
    )


def is_empty_after(order: Order, amended: Amendment) -> bool:
    """Whether nothing of the order would be wanted any more."""
    wanted = sum(line.wanted for line in order.lines)
    more = sum(amended.more.values()) + sum(line.ordered for line in amended.lines)
    return wanted + more <= sum(amended.less.values())


def changes_nothing(order: Order, amended: Amendment) -> bool:
    words = (amended.gift, amended.notes) != (order.gift, order.notes)
    return not (amended.less or amended.more or amended.lines or amended.targets or words)


def wants_more(order: Order, amended: Amendment, components: Components) -> list[Want]:
    """What the new units of lines ask for; of a bundle at work as that is, whatever it is now."""
    parts = parts_of(order.fulfillments)
    asked = [(line, amended.more[line.id]) for line in order.lines if line.id in amended.more]
    asked += [(line, line.ordered) for line in amended.lines]
    wants = []
    for line, units in asked:
        per = {sku: set_of(line, parts[line.id], sku) for sku in parts.get(line.id, {})}
        for sku, n in per.items() or components.get(line.sku) or ((line.sku, 1),):
            wants.append(
                Want(
                    key=line.id,
                    line_id=line.id,
                    delivery=line.delivery,
                    sku=sku,
                    quantity=n * units,
                    set_of=n,
                    is_whole=True,
                )
            )
    return wants


def together(wants: Iterable[Want]) -> tuple[Want, ...]:
    """The same, with one want for what is asked twice: a line that stands, and more of it."""
    found: dict[tuple[UUID, str], Want] = {}
    for want in wants:
        name = want.key, want.sku
        known = found.get(name)
        more = known.quantity if known else 0
        found[name] = replace(want, quantity=want.quantity + more)
    return tuple(found.values())
