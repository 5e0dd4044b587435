"""The last scan was a mistake: the piece is on its shelf again, as if nobody had taken it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import Event, Fulfillment, Unfit, Wanted
from ovunque.fulfillment.store import picking as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpickRequest:
    fulfillment_id: UUID
    back: Wanted


def unpick(tx: Tx, by: Actor, request: UnpickRequest, now: datetime) -> Fulfillment:
    """The fulfillment with these units still to be picked.

    Refused once packing has begun, or once a customer was told that they are ready.
    """
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.UNPICK)
    if any(line.parcel_id is not None for line in work.lines):
        raise Refusal("transition_refused", state="being packed", event=Event.UNPICK.value)
    back = rules.take_units(work.lines, request.back, lambda line: line.picked)
    if isinstance(back, Unfit):
        raise Refusal("not_picked", left=back.left)
    store.save_picked(tx, work.id, {id_: -units for id_, units in back.items()}, now)
    lines = tuple(
        replace(line, picked=line.picked - back.get(line.reservation_id, 0)) for line in work.lines
    )
    step_on(tx, [step], now)
    fact = events.told(
        events.UNPICKED, work, [step], sku=request.back.sku, quantity=request.back.quantity
    )
    journal.record(tx, [fact], by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, lines=lines)
