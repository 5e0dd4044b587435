"""A customer is forgotten: their profile, the keys they were known by, where goods went to.

What they are replaced by keeps every reference whole: orders, amounts and stock stay as they were.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers import events, rules
from ovunque.customers import store as profiles
from ovunque.customers.model import Erasure
from ovunque.customers.store import erasing as store
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


def ask(tx: Tx, by: Actor, customer_id: UUID, now: datetime) -> Erasure:
    """The wish as it stands; from now on nobody is recognized as this person."""
    customer = profiles.lock_customers(tx, [customer_id]).get(customer_id)
    if customer is None:
        raise Refusal("not_found", what=f"customer {public_id('cus', customer_id)}")
    standing = store.find_erasure(tx, customer_id)
    if standing is not None:
        return standing
    asked = Erasure(customer_id=customer_id, asked_at=now, asked_by=by.name)
    store.add_erasure(tx, asked)
    profiles.remove_keys(tx, dict.fromkeys(rules.keys_of(customer), customer_id))
    journal.record(tx, [events.erasure_asked(customer_id)], by=by.name, at=now)
    return asked


def find_erasure(tx: Tx, customer_id: UUID) -> Erasure | None:
    """Whether somebody asked to be forgotten, and whether they are."""
    return store.find_erasure(tx, customer_id)


def erase(tx: Tx, customer_id: UUID, contact_ids: Collection[UUID], now: datetime) -> bool:
    """Nothing of a person is left in this room; False when nothing was. Twice is as once.

    The caller has seen to it that nobody needs any of it, and names it in its journal row.
    """
    customer = profiles.lock_customers(tx, [customer_id]).get(customer_id)
    if customer is None:
        return False
    store.remove_keys_of(tx, customer_id)  # Also those that their profile does not name.
    store.save_contacts_erased(tx, contact_ids)
    store.remove_openings(tx, customer_id)
    if customer.erased_at is not None:
        return False
    store.save_erased(tx, customer_id, now)
    return True
