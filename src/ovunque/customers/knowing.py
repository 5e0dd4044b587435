"""Who the people of an order batch are: one profile for each person, however many ask at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.customers import rules, store
from ovunque.customers.model import Contact, CustomerRequest
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx

LOOKS_MAX = 5


def know(
    tx: Tx, people: Sequence[CustomerRequest], now: datetime, new_id: NewId
) -> tuple[UUID, ...]:
    """The customer's id for each person, in order; who is unknown gets a profile.

    A profile that stands is not overwritten: an order tells of one delivery, not of a life. The
    caller names the customers in its own journal row, and calls this before it locks any stock.
    """
    named = [(person, rules.keys_of(person)) for person in people]
    wanted = {key for _, keys in named for key in keys}
    for _ in range(LOOKS_MAX):
        seen = rules.recognize(named, store.list_keys(tx, wanted), new_id)
        rows = {each.id: (each.person, rules.search_text(each.person)) for each in seen.newcomers}
        if not rows or store.save_customers(tx, seen.keys, rows, now):
            return seen.ids
        # Somebody made the same person known meanwhile. The keys we took stay ours alone until
        # we commit, and a second look asks for no others: it does not wait for anybody.
        store.remove_customers(tx, rows, seen.keys)
    raise Refusal("busy")


def add_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Where deliveries go; the caller draws the ids and names them in its deliveries."""
    if contacts:
        store.add_contacts(tx, contacts)
