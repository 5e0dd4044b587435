"""An edit is read against the order as it stands: what it comes to, or all that is in its way.

Every fault names the change that it is about, so that a form can say it beside its field.
"""

from collections.abc import Sequence
from uuid import UUID

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.directing import TOO_LATE, Directions, Known, delivery_of
from ovunque.orders.model import LineRequest, Order, OrderLine
from ovunque.orders.model.editing import (
    Amendment,
    Change,
    GiftChange,
    NewLine,
    NotesChange,
    QuantityChange,
    RecipientChange,
)
from ovunque.orders.rules import editing as rules

LINES_MAX = 500


def amend(order: Order, changes: Sequence[Change], known: Known) -> Amendment:
    """What all changes together come to; refused with everything that is in the way."""
    reader = Reader(order, known)
    for nth, change in enumerate(changes):
        reader.read(nth, change)
    amended = reader.amendment()
    faults = (*reader.faults, *reader.directions.faults)
    invalid = tuple(each for each in faults if each.code != TOO_LATE)
    if invalid:
        raise Refusal("invalid", errors=invalid, detail=invalid[0].detail)
    if faults:
        raise Refusal("too_late_to_edit", errors=faults, detail=faults[0].detail)
    if rules.changes_nothing(order, amended):
        raise Refusal("nothing_changes")
    return amended


class Reader:
    """Reads one change after the other; each thing is said once."""

    def __init__(self, order: Order, known: Known) -> None:
        self.order, self.known = order, known
        self.directions = Directions(order, known)
        self.faults: list[Fault] = []
        self.gift, self.notes = order.gift, order.notes
        self.less: dict[UUID, int] = {}
        self.more: dict[UUID, int] = {}
        self.causes: dict[UUID, int] = {}
        self.lines: list[OrderLine] = []
        self.said: set[object] = set()

    def read(self, nth: int, change: Change) -> None:
        match change:
            case QuantityChange():
                self._quantity(nth, change)
            case NewLine():
                self._line(nth, change)
            case GiftChange():
                if self._once(nth, "gift") and self._words(nth, change.message, self.order.gift):
                    self.gift = change.message
            case NotesChange():
                if self._once(nth, "notes") and self._words(nth, change.notes, self.order.notes):
                    self.notes = change.notes
            case _:
                what = "for whom" if isinstance(change, RecipientChange) else "how"
                if self._once(nth, what, delivery_of(change)):
                    self.directions.read(nth, change)

    def amendment(self) -> Amendment:
        amended = Amendment(
            less=self.less,
            more=self.more,
            lines=tuple(self.lines),
            targets=self.directions.targets(),
            causes=self.causes,
            gift=self.gift,
            notes=self.notes,
        )
        if rules.is_empty_after(self.order, amended):
            self._fault("/changes", "empty", "An order keeps one unit at least: cancel it instead.")
        return amended

    def _fault(self, at: str, code: str, detail: str) -> None:
        self.faults.append(Fault(at, code, detail))

    def _once(self, nth: int, *what: object) -> bool:
        if what in self.said:
            self._fault(f"/changes/{nth}", "duplicate", "Another change says this as well.")
            return False
        self.said.add(what)
        return True

    def _words(self, nth: int, after: str | None, before: str | None) -> bool:
        """Whether they can be otherwise: nobody has packed anything yet."""
        if after == before:
            return False
        if any(rules.is_closed(work) for work in self.order.fulfillments if work.is_live):
            detail = "Some of the order is packed already, or has left."
            self._fault(f"/changes/{nth}", TOO_LATE, detail)
            return False
        return True

    def _quantity(self, nth: int, change: QuantityChange) -> None:
        line = next((each for each in self.order.lines if each.id == change.line_id), None)
        at = f"/changes/{nth}"
        if line is None:
            self._fault(f"{at}/line", "unknown_reference", "The order has no such line.")
            return
        if not self._once(nth, line.id):
            return
        units = change.quantity - line.wanted
        if units > 0:
            self.more[line.id], self.causes[line.id] = units, nth
        elif units < 0:
            most = rules.takable(self.order, line)
            if -units > most:
                detail = f"{most} of these can still be taken away: the rest is packed or gone."
                self._fault(f"{at}/quantity", TOO_LATE, detail)
            else:
                self.less[line.id] = -units

    def _line(self, nth: int, change: NewLine) -> None:
        line, at = change.line, f"/changes/{nth}"
        item = self.known.snapshot.catalog.items.get(line.sku)
        channel = self.known.snapshot.network.channel_of[self.order.channel_id].channel
        if item is None:
            self._fault(f"{at}/sku", "unknown_reference", "There is no such item.")
        elif not channel.lists(item.category):
            self._fault(f"{at}/sku", "not_listed", "This channel does not sell this item.")
        if change.currency != self.order.currency:
            detail = f"The order is in {self.order.currency}."
            self._fault(f"{at}/unit_price/currency", "wrong_currency", detail)
        if line.delivery >= len(self.order.deliveries):
            self._fault(f"{at}/delivery", "unknown_reference", "There is no such delivery.")
        if line.discount > line.unit_price * line.quantity:
            self._fault(f"{at}/discount", "out_of_bounds", "More than the line is worth.")
        if len(self.order.lines) + len(self.lines) >= LINES_MAX:
            self._fault(at, "out_of_bounds", f"An order has {LINES_MAX} lines at most.")
        new = self._new_line(line)
        self.causes[new.id] = nth
        self.lines.append(new)

    def _new_line(self, line: LineRequest) -> OrderLine:
        return OrderLine(
            id=self.known.new_id(),
            nth=max(each.nth for each in (*self.order.lines, *self.lines)) + 1,
            delivery=line.delivery,
            sku=line.sku,
            ordered=line.quantity,
            unplaced=0,
            backordered=0,
            canceled=0,
            unit_price=line.unit_price,
            discount=line.discount,
            tax_rate_ppm=line.tax_rate_ppm,
            home_available=0,
        )
