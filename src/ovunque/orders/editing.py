"""An order is edited: all changes together, in one transaction, or none of them.

Who edits holds the order's timeline and has seen the version that stands. What comes
too late is refused with a pointer to its change; a preview is the same edit, undone before it ends.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers.knowing import add_contacts
from ovunque.customers.listing import list_contacts
from ovunque.fulfillment.splitting import cut
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import events
from ovunque.orders.amending import amend
from ovunque.orders.canceling import GiveUp, give_up
from ovunque.orders.directing import Known
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order, OrderStatus
from ovunque.orders.model.editing import (
    EDITED,
    Amendment,
    Change,
    Edited,
    GiftChange,
    GoingBack,
    NotesChange,
    PastEdit,
    QuantityChange,
)
from ovunque.orders.rerouting import Rerouting, reroute
from ovunque.orders.rules import editing as rules
from ovunque.orders.store import agreeing
from ovunque.orders.store import editing as store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.snapshot import Snapshot

ENDED = (OrderStatus.FULFILLED, OrderStatus.CANCELED)
# What a preview shows; another no is no answer to what would happen.
FORESEEN = frozenset(
    {
        "invalid",
        "too_late_to_edit",
        "nothing_changes",
        "nothing_to_edit",
        "out_of_stock",
        "cannot_deliver",
        "promise_later",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What shall be otherwise, which version was seen, and what is known of the world."""

    order_id: UUID
    changes: tuple[Change, ...]
    version: int | None = None  # None: whatever stands.
    arrive_by: datetime | None = None  # Later than promised, up to here, is agreed.
    snapshot: Snapshot
    pickup_code: str = field(repr=False)  # If the rest of a collection is ready by this.
    new_id: NewId


Foreseen: TypeAlias = Edited | Refusal


def edit(tx: Tx, by: Actor, request: EditRequest, now: datetime) -> Edited:
    """The order before and after; refused with all that is in the way, and then nothing is done."""
    journal.lock(tx, [request.order_id])
    before = find_order(tx, request.order_id)
    if request.version not in (None, before.version):
        raise Refusal("version_conflict", expected=request.version, version=before.version)
    if before.status in ENDED:
        raise Refusal("nothing_to_edit", status=before.status.value)
    amended = amend(before, request.changes, _known(tx, before, request))
    facts = _take_away(tx, by, before, (amended, request), now)
    between = _write(tx, before, amended)
    asked = Rerouting(
        order=between,
        amended=amended,
        arrive_by=request.arrive_by,
        snapshot=request.snapshot,
        new_id=request.new_id,
    )
    facts += reroute(tx, by, asked, now)
    edited = Edited(before=before, after=find_order(tx, before.id))
    facts.append(events.edited(edited, _remember(tx, by, edited, amended, now)))
    journal.record(tx, facts, by=by.name, at=now)
    return edited


def preview(tx: Tx, by: Actor, request: EditRequest, now: datetime) -> Foreseen:
    """What would happen, or why it cannot; nothing of it stays."""
    try:
        with tx.transaction(force_rollback=True):
            return edit(tx, by, request, now)
    except Refusal as refusal:
        if refusal.code not in FORESEEN:
            raise
        return refusal


def undo(tx: Tx, by: Actor, request: EditRequest, now: datetime) -> Edited:
    """The last edit turned back, as an edit of its own; not if the order changed after it."""
    journal.lock(tx, [request.order_id])
    kept = find_undoable(tx, find_order(tx, request.order_id))
    if kept is None:
        raise Refusal("undo_over")
    return edit(tx, by, replace(request, changes=tuple(kept.undo), version=kept.version), now)


def find_undoable(tx: Tx, order: Order) -> PastEdit | None:
    """The last edit of an order, as long as that is how it left it, and it has not ended."""
    kept = store.find_last_edit(tx, order.id)
    if kept is None or not kept.undo or kept.version != order.version or order.status in ENDED:
        return None
    return kept


def _known(tx: Tx, order: Order, request: EditRequest) -> Known:
    back = [each.before for each in request.changes if isinstance(each, GoingBack)]
    ids = {each.contact_id for each in (*order.deliveries, *back) if each.contact_id}
    agreed = [agreeing.find_agreement(tx, order.id, each.nth) for each in order.deliveries]
    return Known(
        contacts=list_contacts(tx, sorted(ids)),
        to_pay=frozenset(each.delivery for each in agreed if each.to_pay is not None),
        snapshot=request.snapshot,
        new_id=request.new_id,
    )


def _take_away(
    tx: Tx, by: Actor, order: Order, asked: tuple[Amendment, EditRequest], now: datetime
) -> list[Fact]:
    """Units that are not wanted any more go as those of a canceled order do."""
    amended, request = asked
    if not amended.less:
        return []
    lines = [line for line in order.lines if line.id in amended.less]
    units: dict[UUID, int] = {}
    for line in lines:
        units |= rules.units_to_take(order, line, amended.less[line.id])
    works, apart = [], set[UUID]()
    for work in order.fulfillments:
        mine = {
            row.reservation_id: units[row.reservation_id]
            for row in work.lines
            if row.reservation_id in units
        }
        if mine:
            after, ids = cut(tx, work, mine, request.new_id, now)
            works.append(after)
            apart |= ids
    gone = GiveUp(
        works=works,
        reservation_ids=frozenset(apart),
        units=amended.less,
        lines=[rules.waits_less(line, amended.less[line.id]) for line in lines],
        reason=EDITED,
        pickup_code=request.pickup_code,
        new_id=request.new_id,
    )
    return give_up(tx, by, order, gone, now)


def _write(tx: Tx, before: Order, amended: Amendment) -> Order:
    """Deliveries and words as they are now; the order as it stands before work is planned anew."""
    add_contacts(tx, [each.contact for each in amended.targets.values() if each.contact])
    for target in amended.targets.values():
        store.save_delivery(tx, before.id, target.delivery)
    if (amended.gift, amended.notes) != (before.gift, before.notes):
        store.save_words(tx, replace(before, gift=amended.gift, notes=amended.notes))
    return find_order(tx, before.id)


def _remember(tx: Tx, by: Actor, edited: Edited, amended: Amendment, now: datetime) -> int:
    """Which edit of its order it was; how the order was before is kept with it."""
    nth = store.count_edits(tx, edited.after.id) + 1
    kept = PastEdit(
        order_id=edited.after.id,
        nth=nth,
        edited_at=now,
        edited_by=by.name,
        version=edited.after.version,
        undo=tuple(_undo(edited, amended)),
    )
    store.add_edit(tx, kept)
    return nth


def _undo(edited: Edited, amended: Amendment) -> list[Change]:
    """The changes that would lead back."""
    before, wanted = edited.before, {line.id: line.wanted for line in edited.before.lines}
    undo: list[Change] = [
        QuantityChange(line_id=line.id, quantity=wanted.get(line.id, 0))
        for line in edited.after.lines
        if line.wanted != wanted.get(line.id, 0)
    ]
    undo += [GoingBack(before=each) for each in before.deliveries if each.nth in amended.targets]
    if amended.gift != before.gift:
        undo.append(GiftChange(message=before.gift))
    if amended.notes != before.notes:
        undo.append(NotesChange(notes=before.notes))
    return undo
