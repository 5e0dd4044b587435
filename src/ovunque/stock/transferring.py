"""Goods from one of our locations to another: planned, dispatched, received, with what is missing.

Under way they are nobody's stock, and counted all the same: what has left is what has come, what
is under way and what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, expecting, rules
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.feeding import Transfer, TransferFilter, TransferLine, TransferState
from ovunque.stock.moving import book
from ovunque.stock.store import transferring as store

SOURCE = "transfer"
LINES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    id: UUID
    external_id: str | None
    from_id: UUID
    to_id: UUID
    units: Mapping[str, int]
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStep:
    """What left or came; no units: all that was planned, or is under way."""

    transfer_id: UUID
    units: Mapping[str, int] | None = None
    last: bool = True  # Nothing of it comes after: what has not come is missing.


def plan_transfer(tx: Tx, by: Actor, request: TransferRequest, now: datetime) -> Transfer:
    """A transfer that may leave: nothing is taken from its location yet."""
    if by.location_id not in (None, request.from_id, request.to_id):
        raise Refusal("not_found", what="location")
    transfer = Transfer(
        id=request.id,
        external_id=request.external_id,
        from_id=request.from_id,
        to_id=request.to_id,
        state=TransferState.PLANNED,
        planned_at=now,
        planned_by=by.name,
        expected_at=request.expected_at,
        lines=tuple(
            TransferLine(sku=sku, planned=units) for sku, units in sorted(request.units.items())
        ),
    )
    if not store.add_transfer(tx, transfer):
        raise Refusal("already_exists", what=f"Transfer {request.external_id}")
    journal.record(tx, [events.transferred(events.TRANSFER_PLANNED, transfer)], by=by.name, at=now)
    return transfer


def dispatch_transfer(tx: Tx, by: Actor, step: TransferStep, now: datetime) -> Transfer:
    """It has left: as planned, or as it really was."""
    transfer = _hold(tx, by, step.transfer_id, TransferState.PLANNED, "dispatch")
    _refuse_strangers(by, transfer.from_id)
    units = step.units or {line.sku: line.planned for line in transfer.lines}
    known = {line.sku: line for line in transfer.lines}
    lines = tuple(
        replace(known.get(sku, TransferLine(sku=sku, planned=0)), dispatched=units.get(sku, 0))
        for sku in sorted({*known, *units})
    )
    gone = replace(transfer, state=TransferState.DISPATCHED, dispatched_at=now, lines=lines)
    moved = {line.sku: line.dispatched for line in lines if line.dispatched}
    return _move(tx, by, gone, (events.TRANSFER_DISPATCHED, moved), now)


def receive_transfer(tx: Tx, by: Actor, step: TransferStep, now: datetime) -> Transfer:
    """Some of it has come, or the last of it: then what has not come is missing."""
    transfer = _hold(tx, by, step.transfer_id, TransferState.DISPATCHED, "receive")
    _refuse_strangers(by, transfer.to_id)
    came = step.units
    if came is None:
        came = {line.sku: line.under_way for line in transfer.lines}
    came = {sku: units for sku, units in came.items() if units > 0}
    lines = rules.receive(transfer.lines, came, last=step.last)
    state = TransferState.RECEIVED if step.last else TransferState.DISPATCHED
    received = replace(transfer, state=state, closed_at=now if step.last else None, lines=lines)
    return _move(tx, by, received, (events.TRANSFER_RECEIVED, came), now)


def cancel_transfer(tx: Tx, by: Actor, transfer_id: UUID, now: datetime) -> Transfer:
    """It does not leave after all."""
    transfer = _hold(tx, by, transfer_id, TransferState.PLANNED, "cancel")
    _refuse_strangers(by, transfer.from_id)
    canceled = replace(transfer, state=TransferState.CANCELED, closed_at=now)
    return _move(tx, by, canceled, (events.TRANSFER_CANCELED, {}), now)


def _hold(tx: Tx, by: Actor, transfer_id: UUID, state: TransferState, event: str) -> Transfer:
    transfer = store.lock_transfer(tx, by, transfer_id)
    if transfer is None:
        raise Refusal("not_found", what="transfer")
    if transfer.state != state:
        raise Refusal("transition_refused", state=transfer.state.value, event=event)
    return transfer


def _refuse_strangers(by: Actor, location_id: UUID) -> None:
    """Both places see a transfer; the stock of each is moved by its own people."""
    if by.location_id not in (None, location_id):
        raise Refusal("not_found", what="this step")


def _move(
    tx: Tx, by: Actor, transfer: Transfer, told: tuple[str, Mapping[str, int]], now: datetime
) -> Transfer:
    """Write where the transfer has come to, and the movements that it means, in one fact each."""
    kind, units = told
    store.save_transfer(tx, transfer)
    facts = [events.transferred(kind, transfer, units)]
    if units:
        came = kind == events.TRANSFER_RECEIVED
        at = transfer.to_id if came else transfer.from_id
        received = {line.sku: line.received for line in transfer.lines}
        movements = [
            Movement(
                id=str(uuid5(transfer.id, f"{sku} {f'in {received[sku]}' if came else 'out'}")),
                key=Key(sku, at),
                kind=MovementKind.RECEIVED if came else MovementKind.DISPATCHED,
                quantity=quantity,
                occurred_at=now,
            )
            for sku, quantity in units.items()
        ]
        booked = book(tx, SOURCE, movements, now)
        assert len(booked.ids) == len(movements), "a step of a transfer is taken once"
        if booked.levels:
            facts.append(events.changed(booked.levels))
    if transfer.expected_at is not None and rules.changes_what_comes(transfer):
        expecting.date_again(tx, [line.sku for line in transfer.lines], str(transfer.id), now)
    journal.record(tx, facts, by=by.name, at=now)
    return transfer


def find_transfer(tx: Tx, by: Actor, transfer_id: UUID) -> Transfer:
    found = store.find_transfer(tx, by, transfer_id)
    if found is None:
        raise Refusal("not_found", what="transfer")
    return found


def list_transfers(
    tx: Tx, by: Actor, wanted: TransferFilter, page: tuple[UUID | None, int]
) -> tuple[Transfer, ...]:
    """Transfers, newest first; `page` says behind which, and how many."""
    return store.list_transfers(tx, by, wanted, page)
