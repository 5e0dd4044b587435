"""Levels, counts, movements, reservations: what lies where, and who has a claim on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Key(NamedTuple):
    """One item at one location; sorts as PostgreSQL sorts it (`collate "C"`)."""

    sku: str
    location_id: UUID


class UnavailableReason(StrEnum):
    """Why units lie there and cannot be sold."""

    DAMAGED = "damaged"
    DISPLAY = "display"
    MISSING = "missing"
    PUT_BACK = "put_back"  # Picked, and not back on its shelf yet.
    AWAITING_TILL = "awaiting_till"  # Sold there; the till has not told us yet.


class Ending(StrEnum):
    """How a reservation ends when it is given back."""

    RELEASED = "released"
    CONSUMED = "consumed"  # Its units have left the house.


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """What one location holds of one item."""

    key: Key
    on_hand: int
    unavailable: int
    reserved: int
    version: int

    @property
    def free(self) -> int:
        return self.on_hand - self.unavailable - self.reserved  # Below zero: the level is short.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A claim on units of one item at one location, planned or standing."""

    id: UUID
    line_id: UUID
    key: Key
    quantity: int
    order_id: UUID | None = None  # None: a hold without an order.
    expires_at: datetime | None = None  # Set: held for a cart. None: allocated to an order.


Plan = tuple[Reservation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Reservations to give back, and the plans, best first, of which one shall be taken.

    The default plan is empty: it takes nothing and always fits, as a release does.
    """

    gives: Plan = ()
    plans: tuple[Plan, ...] = ((),)
    becomes: Ending = Ending.RELEASED  # Of what is given.


class Move(Ask):
    """An ask that counts only if all that it gives back still stands: units change their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The plan that fitted, and what was really given back."""

    plan: Plan
    given: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """No plan fitted; what was free at the levels asked for when its turn came."""

    free: Mapping[Key, int]


Outcome = Taken | Short


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Units of a level that cannot be sold for a while, and why."""

    key: Key
    reason: UnavailableReason
    quantity: int
    remainder: bool = False  # And whatever else is free there: the books are not to be trusted.


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A fact about a past moment: so many units, as of then, in the books of a source."""

    key: Key
    on_hand: int
    as_of: datetime


class MovementKind(StrEnum):
    RECEIVED = "received"
    SOLD_IN_STORE = "sold_in_store"
    RETURNED = "returned"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"
    SHIPPED = "shipped"
    COLLECTED = "collected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units that came or went; the sign of `quantity` is given by its kind, `adjusted` has both."""

    id: str  # The source's own: the same one twice changes nothing.
    key: Key
    kind: MovementKind
    quantity: int
    occurred_at: datetime
    sequence: int | None = None
    reason: str | None = None
