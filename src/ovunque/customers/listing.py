"""Read customers as they stand: one by id, or a page of many in the order of their creation."""

from collections.abc import Collection
from uuid import UUID

from ovunque.customers import store
from ovunque.customers.model import Contact, Customer
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import search_key
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000
FIRST = UUID(int=0)


def find_customer(tx: Tx, id_: UUID) -> Customer:
    found = store.find_customer(tx, id_)
    if found is None:
        raise Refusal("not_found", what=f"customer {public_id('cus', id_)}")
    return found


def list_names(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """What some customers are called, by id: enough for whoever greets them."""
    return store.list_names(tx, ids)


def list_customers(
    tx: Tx, after: UUID = FIRST, limit: int = 100, q: str | None = None
) -> tuple[Customer, ...]:
    """The customers behind an id; `q` is any fragment of name, e-mail, phone or external id."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_customers(tx, after, limit, search_key(q) if q else None)


def list_contacts(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Where deliveries go, by id; an id that is nobody's is left out."""
    return store.list_contacts(tx, ids)
