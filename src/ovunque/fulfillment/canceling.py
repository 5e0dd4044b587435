"""Work for units that nobody wants any more: released, voided, put back; what is gone goes on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import closing, events, rules
from ovunque.fulfillment.closing import told_to
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.labeling import ask_back
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Parcel,
    ParcelState,
    Step,
)
from ovunque.fulfillment.relocating import others
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.fulfillment.store import planning as store
from ovunque.fulfillment.withdrawing import to_put_back
from ovunque.kernel.ids import NewId
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Key, Move, StockLevel, Taken
from ovunque.stock.setting_aside import set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWork:
    """Fulfillments of one order, read under its lock, and which of their rows are canceled."""

    works: Sequence[Fulfillment]
    reservation_ids: frozenset[UUID]
    reason: str
    pickup_code: str  # Drawn by the caller; used if the rest of a collection is ready now.
    new_id: NewId
    event: Event = Event.CANCEL  # EXPIRE: nobody came for it; then all rows of a work are meant.


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A fulfillment, its rows that are canceled, and those that go on."""

    work: Fulfillment
    canceled: tuple[FulfillmentLine, ...]
    kept: tuple[FulfillmentLine, ...]

    @property
    def released(self) -> Fulfillment:
        """The fulfillment as if it had the canceled rows only."""
        return replace(self.work, lines=self.canceled)


def cancel_work(tx: Tx, by: Actor, request: CancelWork, now: datetime) -> None:
    """Nobody works on these units any more, and they are back on sale once they are in place."""
    cuts = [cut for work in request.works if (cut := _cut(work, request.reservation_ids)).canceled]
    facts = [_cancel(tx, by, cut, request, now) for cut in cuts]
    facts += _release(tx, cuts, now)
    journal.record(tx, facts, by=by.name, at=now)


def _cut(work: Fulfillment, ids: Collection[UUID]) -> Cut:
    return Cut(
        work=work,
        canceled=tuple(line for line in work.lines if line.reservation_id in ids),
        kept=tuple(line for line in work.lines if line.reservation_id not in ids),
    )


def _void(tx: Tx, cut: Cut, now: datetime) -> list[Parcel]:
    """The parcels of canceled rows: nobody sends them, and their labels go back."""
    inside = {line.parcel_id for line in cut.canceled}
    before = [parcel for parcel in cut.work.parcels if parcel.id in inside]
    after = [
        replace(parcel, state=rules.change_parcel(parcel, ParcelState.VOIDED), changed_at=now)
        for parcel in before
    ]
    if after:
        parcels_store.save_parcels(tx, before, after)
    for parcel in after:
        ask_back(tx, parcel, now)
    return after


def _cancel(tx: Tx, by: Actor, cut: Cut, request: CancelWork, now: datetime) -> Fact:
    """The rows are canceled with their fulfillment, or split off from what goes on."""
    voided = {parcel.id for parcel in _void(tx, cut, now)}
    work, ids = cut.work, [line.reservation_id for line in cut.canceled]
    sibling: Fulfillment | None = None
    steps: list[Step] = []
    told: dict[str, list[UUID]] = {}
    if cut.kept:
        sibling = replace(
            cut.released,
            id=request.new_id(),
            state=FulfillmentState.CANCELED,
            changed_at=now,
            resource_at=None,
            arrives_at=None,
            cost_cents=None,
            emissions_g=None,
            lines=(),
        )
        store.add_fulfillments(tx, [sibling])
        lines_store.save_moved_lines(tx, ids, start=work.id, end=sibling.id)
        left = [parcel for parcel in work.parcels if parcel.id not in voided]
        following = rules.catch_up(work, cut.kept, left)
        steps = [rules.go(work, *following)]
        if steps[0].after == FulfillmentState.READY and not rules.travels(work):
            lines_store.save_pickup_code(tx, work.id, request.pickup_code, now)
        elif Event.RECEIVE in following:
            store.save_arrived(tx, work.id, request.pickup_code, now)
    else:
        lines_store.save_unpacked(tx, work.id)
        steps = [rules.go(work, request.event)]
        closed = closing.withdraw(tx, by.name, work.offers, "canceled", now)
        told = told_to(others(work, closed))
    step_on(tx, steps, now)
    assert request.event == Event.CANCEL or not cut.kept, "nobody comes for a part"
    return events.told(
        events.CANCELED if request.event == Event.CANCEL else events.UNCOLLECTED,
        work,
        steps,
        begun=sibling,
        reason=request.reason,
        voided=sorted(map(str, voided)),
        **told,
    )


def _release(tx: Tx, cuts: Sequence[Cut], now: datetime) -> list[Fact]:
    """All units at once, so that levels are locked in one order; picked ones are put back first."""
    claimed = claim(tx, [Move(gives=cut.released.reservations) for cut in cuts], now)
    assert all(isinstance(each, Taken) for each in claimed.outcomes), "what is live is reserved"
    aside = set_aside(tx, [each for cut in cuts for each in to_put_back(cut.released)], now)
    newest: dict[Key, StockLevel] = {level.key: level for level in (*claimed.levels, *aside)}
    return [stock_events.changed(list(newest.values()))] if newest else []
