"""Somebody is forgotten in all rooms: who they were goes; what was sold and paid stays.

First their keys go, so that no order that comes in is taken for theirs; a minute later, when no
transaction of before can still run, all the rest. It lies in a file beside the backups before it
is done here: a restore does it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.customers import erasing, events
from ovunque.customers.listing import find_customer
from ovunque.customers.model import Erasure
from ovunque.fulfillment.collecting import forget_visitors
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders import rules
from ovunque.orders import store as orders
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order
from ovunque.orders.store import editing as edits
from ovunque.orders.store import forgetting as store
from ovunque.orders.store.agreeing import COLLECTORS
from ovunque.orders.store.wording import WORDS
from ovunque.platform import idempotency, jobs, journal
from ovunque.platform.backing_up import ledger
from ovunque.platform.backing_up.ledger import Line
from ovunque.platform.database import Database, Tx
from ovunque.platform.jobs import Job
from ovunque.promise.keeping import forget_destinations

DRAWERS = (WORDS, COLLECTORS, edits.FORMER)
JOB = "customer.erase"
GRACE = timedelta(minutes=1)  # Longer than any transaction may take.
AGAIN = timedelta(days=1)
ASKED_AT_ONCE_MAX = 200


def ask(tx: Tx, by: Actor, customer_id: UUID, now: datetime) -> Erasure:
    """The wish, which is fulfilled within minutes; refused as long as orders are under way."""
    unfinished = find_unfinished(tx, customer_id, now)
    if unfinished:
        raise Refusal("orders_under_way", first=unfinished[0].number, count=len(unfinished))
    return note(tx, by, customer_id, now)


def note(tx: Tx, by: Actor, customer_id: UUID, now: datetime) -> Erasure:
    """The wish, and the job that fulfills it as soon as nothing is under way."""
    asked = erasing.ask(tx, by, customer_id, now)
    if asked.erased_at is None:
        enqueue(tx, customer_id, now + GRACE)
    return asked


def enqueue(tx: Tx, customer_id: UUID, due_at: datetime) -> None:
    key = f"erase-{customer_id}-{due_at:%Y%m%d%H%M}"
    body = {"customer": str(customer_id)}
    jobs.enqueue(tx, key=key, kind=JOB, due_at=due_at, body=body)


def erase(tx: Tx, by: Actor, customer_id: UUID, now: datetime) -> bool:
    """Whether nothing of this person is left; not as long as an order is under way."""
    tx.execute("set local statement_timeout = '10min'")  # Answers to keys are read whole.
    ids = store.list_of_customer(tx, customer_id)
    journal.lock(tx, ids)
    if find_unfinished(tx, customer_id, now):
        return False
    contact_ids = [
        each.contact_id
        for deliveries in orders.list_deliveries(tx, ids).values()
        for each in deliveries
        if each.contact_id is not None
    ]
    contact_ids += edits.list_former_contacts(tx, ids)
    done = erasing.erase(tx, customer_id, contact_ids, now)
    store.remove_words(tx, ids)
    edits.remove_former(tx, ids)
    forget_visitors(tx, customer_id, ids)
    forget_destinations(tx, ids)
    named = [public_id("cus", customer_id), *(public_id("ord", each) for each in ids)]
    idempotency.forget_about(tx, named)
    if done:
        journal.record(tx, [events.erased(customer_id, len(ids))], by=by.name, at=now)
    return True


def find_unfinished(tx: Tx, customer_id: UUID, now: datetime) -> Sequence[Order]:
    """Their orders that somebody still has to reach them for."""
    orders = list_by_id(tx, store.list_of_customer(tx, customer_id))
    return [order for order in orders if rules.is_under_way(order, now)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """Fulfills wishes, each written down outside before it is done here."""

    file: Path

    def run(self, database: Database, job: Job, now: datetime) -> None:
        customer_id = UUID(job.body["customer"])
        ledger.tell(self.file, Line(customer=customer_id, at=now))

        def work(tx: Tx) -> None:
            if not erase(tx, SYSTEM, customer_id, now):
                enqueue(tx, customer_id, now + AGAIN)

        database.transact(work)


def erase_again(database: Database, by: Actor, file: Path, now: datetime) -> tuple[int, int]:
    """After a restore: how many were forgotten again, and how many will be by a job."""
    done = later = 0
    for line in ledger.read(file):
        customer_id = line.customer

        def work(tx: Tx, customer_id: UUID = customer_id) -> bool | None:
            try:
                customer = find_customer(tx, customer_id)
            except Refusal:
                return None  # Not known yet at the instant that was restored.
            if customer.erased_at is not None:
                return None
            note(tx, by, customer_id, now)
            return erase(tx, by, customer_id, now)

        erased = database.transact(work)
        done += erased is True
        later += erased is False
    return done, later


def ask_for_the_old(tx: Tx, by: Actor, before: datetime, now: datetime) -> int:
    """Forget who has ordered nothing since then; returns how many were asked for."""
    found = store.list_customers_without_order_since(tx, before, ASKED_AT_ONCE_MAX)
    for customer_id in found:
        note(tx, by, customer_id, now)
    return len(found)
