"""A customer fetches what is ready, by a code or by showing who they are."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.leaving import Leaving, leave
from ovunque.fulfillment.model import Event, Fulfillment
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock.model import MovementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """Either the code that the customer was told, or what showed who they are."""

    fulfillment_id: UUID
    code: str | None = None
    identity: str | None = None


def collect(tx: Tx, by: Actor, request: CollectRequest, now: datetime) -> Fulfillment:
    """The goods are the customer's."""
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.COLLECT)
    if not rules.is_fetched(work):
        raise Refusal("transition_refused", state="bound for a carrier", event=Event.COLLECT.value)
    if request.identity is None and not is_code(work.pickup_code, request.code):
        raise Refusal("pickup_code_wrong")
    step_on(tx, [step], now)
    shown = "code" if request.identity is None else request.identity
    facts = [events.told(events.COLLECTED, work, [step], shown=shown)]
    if not rules.travels(work):  # What came in parcels has left the stock with them.
        facts += leave(tx, [Leaving(work=work, lines=work.lines)], MovementKind.COLLECTED, now)
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now)


def is_code(right: str | None, told: str | None) -> bool:
    """Compared in constant time: how long it takes says nothing."""
    return right is not None and told is not None and hmac.compare_digest(right, told)
