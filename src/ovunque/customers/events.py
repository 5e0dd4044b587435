"""What the customers room announces: ids only, no contact data leaves this room."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

CUSTOMER = "customer.changed"


def changed(ids: Sequence[UUID]) -> Fact:
    """One fact for all customers that a transaction changed."""
    subject = public_id("cus", ids[0]) if len(ids) == 1 else f"{len(ids)} customers"
    return Fact(kind=CUSTOMER, subject=subject, body={"ids": list(ids)})
