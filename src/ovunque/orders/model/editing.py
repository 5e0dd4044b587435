"""Edits of an order that stands: what shall be otherwise, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from ovunque.customers.model import Contact, ContactRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import Fulfillment
from ovunque.kernel.freezing import frozen
from ovunque.orders.model import Delivery, LineRequest, Order, OrderLine
from ovunque.promise.model import KeptPromise

EDITED = "edited"  # Why units are canceled that the customer wants no more.


@frozen
class QuantityChange:
    """So many of a line are wanted from now on; 0: none."""

    line_id: UUID
    quantity: int


@frozen
class NewLine:
    line: LineRequest
    currency: str


@frozen
class AddressChange:
    """Where a delivery goes; for whom it is stays as it was."""

    delivery: int
    address: ContactRequest


@frozen
class RecipientChange:
    """For whom a delivery is; no name: for the customer."""

    delivery: int
    name: str | None
    phone: str | None = None


@frozen
class ServiceChange:
    """Another way of getting a delivery, or another store to fetch it from."""

    delivery: int
    service: Service
    address: ContactRequest | None = None  # None: where it went before.
    location: str | None = None


@frozen
class GiftChange:
    message: str | None


@frozen
class NotesChange:
    notes: str | None


@frozen
class GoingBack:
    """A delivery as it was before it was changed: only an undo asks for it."""

    before: Delivery


Change: TypeAlias = (
    QuantityChange
    | NewLine
    | AddressChange
    | RecipientChange
    | ServiceChange
    | GiftChange
    | NotesChange
    | GoingBack
)


@frozen
class Target:
    """A delivery as it goes from now on, and which of the changes says so."""

    delivery: Delivery
    change: int
    contact: Contact | None = None  # That is new.
    is_moved: bool = False  # Into another zone, to another store, or by another service.


@frozen
class Amendment:
    """What the changes of an edit come to, held against the order as it stands."""

    less: Mapping[UUID, int] = field(default_factory=dict)  # Units by line.
    more: Mapping[UUID, int] = field(default_factory=dict)
    lines: tuple[OrderLine, ...] = ()  # That are new; their units are to be found.
    targets: Mapping[int, Target] = field(default_factory=dict)  # By delivery.
    causes: Mapping[UUID, int] = field(default_factory=dict)  # Which change wants more of a line.
    gift: str | None = None
    notes: str | None = None


class Touch(StrEnum):
    """What an edit does to a fulfillment."""

    NEW = "new"
    CHANGED = "changed"  # It has fewer units.
    REPLACED = "replaced"  # Its units have moved on to new ones.
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An order before and after an edit."""

    before: Order
    after: Order

    @property
    def difference(self) -> int:
        """What its goods cost more than before, in minor units; below zero: less."""
        return self.after.goods_cents - self.before.goods_cents

    @property
    def lines(self) -> list[tuple[int, OrderLine]]:
        """The lines of which more or fewer are wanted, each with how many were."""
        wanted = {line.id: line.wanted for line in self.before.lines}
        told = [(wanted.get(line.id, 0), line) for line in self.after.lines]
        return [(was, line) for was, line in told if was != line.wanted]

    @property
    def works(self) -> list[tuple[Touch, Fulfillment]]:
        """The work that is touched, as it is now; that of before as it was, if it is over."""
        known = {work.id: work for work in self.before.fulfillments}
        found = []
        for work in self.after.fulfillments:
            was = known.get(work.id)
            if was is None and work.is_live:
                found.append((Touch.NEW, work))
            elif was is not None and was.is_live and not work.is_live:
                touch = Touch.REPLACED if work.replaced_at else Touch.CANCELED
                found.append((touch, replace(was, state=work.state)))
            elif was is not None and _units(was) != _units(work):
                found.append((Touch.CHANGED, work))
        return found

    @property
    def promises(self) -> list[tuple[datetime, KeptPromise]]:
        """What is promised for another day than before, each with that day."""
        told = {each.delivery: each.told for each in self.before.promises}
        return [
            (told[each.delivery], each)
            for each in self.after.promises
            if told[each.delivery] != each.told
        ]


def _units(work: Fulfillment) -> int:
    return sum(row.quantity for row in work.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdit:
    """An edit as it is remembered."""

    order_id: UUID
    nth: int
    edited_at: datetime
    edited_by: str
    version: int
    undo: Sequence[Change]  # Nothing: it cannot be undone any more.
