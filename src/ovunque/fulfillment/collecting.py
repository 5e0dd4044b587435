"""A customer fetches what is ready, by a code or by showing who they are."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, refuse_held, step_on
from ovunque.fulfillment.leaving import Leaving, leave
from ovunque.fulfillment.model import Collection, Event, Fulfillment
from ovunque.fulfillment.store import collecting as store
from ovunque.fulfillment.store import reserving
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock.model import MovementKind

DRAWERS = (store.VISITORS, reserving.NOTES, reserving.COLLECTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """Either the code that the customer was told, or what showed who they are."""

    fulfillment_id: UUID
    code: str | None = None
    identity: str | None = None
    collector: str | None = None  # Who came instead of the customer.
    signature: str | None = None  # The path of a pen, as SVG draws it.


def collect(tx: Tx, by: Actor, request: CollectRequest, now: datetime) -> Fulfillment:
    """The goods are the customer's."""
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.COLLECT)
    refuse_held(tx, [work.order_id])
    if not rules.is_fetched(work):
        raise Refusal("transition_refused", state="bound for a carrier", event=Event.COLLECT.value)
    known = store.find_collection(tx, work.id)
    if request.identity is None:
        if known.wrong_codes >= rules.WRONG_CODES_MAX:
            raise Refusal("identity_needed", most=rules.WRONG_CODES_MAX)
        if not is_code(work.pickup_code, request.code):
            raise Refusal("pickup_code_wrong")
    step_on(tx, [step], now)
    seen = replace(
        known,
        shown=request.identity,
        collector=request.collector,
        signature=request.signature,
    )
    store.save_collection(tx, seen)
    told = {
        "shown": "code" if request.identity is None else "document",
        "signed": request.signature is not None,
        "by_another": request.collector is not None,
    }
    facts = [events.told(events.COLLECTED, work, [step], **told)]
    if not rules.travels(work):  # What came in parcels has left the stock with them.
        facts += leave(tx, [Leaving(work=work, lines=work.lines)], MovementKind.COLLECTED, now)
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now)


def note_wrong_code(tx: Tx, by: Actor, fulfillment_id: UUID, now: datetime) -> Collection:
    """Somebody said a wrong code: after some of them, only who they are counts.

    In a transaction of its own: the refusal undoes whatever was tried with the code.
    """
    work = hold(tx, by, fulfillment_id)
    known = store.find_collection(tx, work.id)
    counted = replace(known, wrong_codes=known.wrong_codes + 1)
    store.save_collection(tx, counted)
    journal.record(tx, [events.told(events.WRONG_CODE, work)], by=by.name, at=now)
    return counted


def is_code(right: str | None, told: str | None) -> bool:
    """Compared in constant time: how long it takes says nothing."""
    return right is not None and told is not None and hmac.compare_digest(right, told)


def forget_visitors(tx: Tx, customer_id: UUID, order_ids: Sequence[UUID]) -> None:
    """Take away what counters noted of whoever fetched goods or came to see them."""
    store.remove_visitors(tx, order_ids)
    reserving.remove_notes(tx, customer_id)
