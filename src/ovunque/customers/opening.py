"""Contact data is masked until somebody opens it; who does is written down, and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers import events, rules
from ovunque.customers.model import Opening
from ovunque.customers.store import erasing as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    customer_id: UUID
    order_id: UUID | None = None


def open_contact(database: Database, by: Actor, request: OpenRequest, now: datetime) -> None:
    """They may see it for half an hour; who looks at too many people is refused, and told of."""
    if too_many := database.transact(lambda tx: _open(tx, by, request, now)):
        database.transact(lambda tx: _alarm(tx, by, too_many, now))
        raise Refusal("too_many_openings", most=rules.OPENINGS_MAX)


def _open(tx: Tx, by: Actor, request: OpenRequest, now: datetime) -> int:
    """How many are too many; nothing when it was opened."""
    if request.order_id is not None:
        journal.lock(tx, [request.order_id])
    since = now - rules.OPENINGS_WINDOW
    opened = store.count_openings(tx, by.name, since)
    if opened >= rules.OPENINGS_MAX:
        return opened
    opening = Opening(
        customer_id=request.customer_id, order_id=request.order_id, actor=by.name, at=now
    )
    store.add_opening(tx, opening)
    fact = events.opened(request.customer_id, request.order_id)
    journal.record(tx, [fact], by=by.name, at=now)
    return 0


def _alarm(tx: Tx, by: Actor, openings: int, now: datetime) -> None:
    journal.record(tx, [events.looked_up_too_much(by.name, openings)], by="system", at=now)


def is_open(tx: Tx, by: Actor, customer_id: UUID, now: datetime) -> bool:
    """Whether this person has opened it a short while ago."""
    return rules.is_open(store.find_last_opening(tx, by.name, customer_id), now)


def list_openings(tx: Tx, customer_id: UUID) -> Sequence[Opening]:
    """Who looked at somebody's contact data, first to last."""
    return store.list_openings(tx, customer_id)


def forget_openings(tx: Tx, before: datetime) -> int:
    """Drop what is too old to be asked for; the journal keeps that it happened."""
    return store.remove_openings_before(tx, before)
