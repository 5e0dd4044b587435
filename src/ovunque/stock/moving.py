"""Movements: what came and went, each booked once whatever happens to its message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, expecting, rules, store
from ovunque.stock.balancing import balance
from ovunque.stock.confirming import settle
from ovunque.stock.counting import refuse_faults
from ovunque.stock.keeping_single import hold_pieces, refuse_twice
from ovunque.stock.model import Key, Movement, MovementKind, StockLevel
from ovunque.stock.store import setting_aside as aside_store
from ovunque.stock.store.accounting import add_accounted
from ovunque.stock.store.moving import add_movements

MOVEMENTS_MAX = 1_000


class Told(Protocol):
    """A movement as somebody tells it: by the code of its place."""

    @property
    def id(self) -> str: ...

    @property
    def sku(self) -> str: ...

    @property
    def kind(self) -> MovementKind: ...

    @property
    def quantity(self) -> int: ...

    @property
    def occurred_at(self) -> datetime: ...

    @property
    def sequence(self) -> int | None: ...

    @property
    def reason(self) -> str | None: ...

    @property
    def reference(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many movements were booked now, and how many had been before."""

    booked: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The movements that were new, by id, and the levels that changed."""

    ids: tuple[str, ...]
    levels: tuple[StockLevel, ...]


def movement_of(told: Told, location_id: UUID) -> Movement:
    """What was told, by our ids: a program's body and a file's row say the same."""
    return Movement(
        id=told.id,
        key=Key(told.sku, location_id),
        kind=told.kind,
        quantity=told.quantity,
        occurred_at=told.occurred_at,
        sequence=told.sequence,
        reason=told.reason,
        reference=told.reference,
    )


def move(tx: Tx, by: Actor, source: str, movements: Sequence[Movement], now: datetime) -> Moved:
    """Book movements of a source; one that a count already contains changes no level."""
    assert len(movements) <= MOVEMENTS_MAX
    refuse_faults([rules.check_movement(each, now) for each in movements])
    expecting.prepare_receipts(tx, movements)
    singles = hold_pieces(tx, [each.key.sku for each in movements])
    done = book(tx, source, movements, now)
    refuse_twice(tx, singles)
    facts = [events.changed(done.levels)] if done.levels else []
    new = {each.id: each for each in movements if each.id in done.ids}
    facts += expecting.receive(tx, new.values())
    if facts:
        journal.record(tx, facts, by=by.name, at=now)
    return Moved(booked=len(done.ids), known=len(movements) - len(done.ids))


def book(tx: Tx, source: str, movements: Sequence[Movement], now: datetime) -> Booked:
    """The same for a caller that names the levels in a fact of its own."""
    once = tuple({each.id: each for each in reversed(movements)}.values())
    keys = sorted({each.key for each in once})
    store.add_missing_levels(tx, keys)
    before = store.lock_levels(tx, keys)
    settle(tx, ((each.key, each.occurred_at) for each in once))
    new, levels = add_movements(tx, source, once, now)
    if any(level.unavailable for level in before):
        booked = [each for each in once if each.id in new]
        levels = _heal(tx, source, booked, levels, now)
    levels = balance(tx, levels, any(level.free < 0 for level in before), now)
    return Booked(ids=new, levels=levels)


def _heal(
    tx: Tx,
    source: str,
    movements: Sequence[Movement],
    levels: tuple[StockLevel, ...],
    now: datetime,
) -> tuple[StockLevel, ...]:
    """Units that were set aside until somebody accounted for them are set aside no longer."""
    keys = sorted({each.key for each in movements})
    less, spent = rules.healed(movements, aside_store.list_aside(tx, keys))
    if not less:
        return levels
    told = {(source, each.id): units for each, units in zip(movements, spent, strict=True) if units}
    add_accounted(tx, told)
    healed = aside_store.save_aside(tx, less, now)
    return tuple({level.key: level for level in (*levels, *healed)}.values())
