"""What the customers room announces: ids only, no contact data leaves this room."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

CUSTOMER = "customer.changed"
OPENED = "customer.opened"


def changed(ids: Sequence[UUID]) -> Fact:
    """One fact for all customers that a transaction changed."""
    subject = public_id("cus", ids[0]) if len(ids) == 1 else f"{len(ids)} customers"
    return Fact(kind=CUSTOMER, subject=subject, body={"ids": list(ids)})


def opened(customer_id: UUID, order_id: UUID | None = None) -> Fact:
    """Somebody looked at contact data: in the story of the order that they came by, if any."""
    subject = public_id("cus", customer_id)
    return Fact(kind=OPENED, subject=subject, order_id=order_id, body={})


def archived(customer_id: UUID) -> Fact:
    return Fact(kind="customer.archived", subject=public_id("cus", customer_id), body={})


def erasure_asked(customer_id: UUID) -> Fact:
    return Fact(kind="customer.erasure_asked", subject=public_id("cus", customer_id), body={})


def erased(customer_id: UUID, orders: int) -> Fact:
    body = {"orders": orders}
    return Fact(kind="customer.erased", subject=public_id("cus", customer_id), body=body)


def looked_up_too_much(actor: str, openings: int) -> Fact:
    """Who looks at so many people is told to whoever watches."""
    return Fact(kind="alarm.look_ups", subject=actor, body={"openings": openings})
