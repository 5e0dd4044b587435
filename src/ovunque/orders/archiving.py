"""All that is known of somebody, for them to take along: one signed archive."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers import events
from ovunque.customers.listing import find_customer, list_contacts
from ovunque.customers.model import Contact
from ovunque.customers.opening import list_openings
from ovunque.kernel.ids import public_id
from ovunque.orders.agreeing import list_agreements
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Agreement, Order
from ovunque.orders.store import forgetting as store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.sealing.archives import pack
from ovunque.platform.sealing.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRequest:
    customer_id: UUID
    signer: Signer


def archive(tx: Tx, by: Actor, request: ArchiveRequest, now: datetime) -> bytes:
    """A zip of JSON documents and a signed list of them; that it was taken is written down."""
    customer = find_customer(tx, request.customer_id)
    orders = list_by_id(tx, store.list_of_customer(tx, customer.id))
    contact_ids = [
        each.contact_id for order in orders for each in order.deliveries if each.contact_id
    ]
    contacts = list_contacts(tx, contact_ids)
    agreed = list_agreements(tx, [order.id for order in orders])
    about = public_id("cus", customer.id)
    files = {
        "profile.json": {**asdict(customer), "id": about},
        "orders.json": [told(order, contacts, agreed) for order in orders],
        "openings.json": [
            {"by": each.actor, "at": each.at} for each in list_openings(tx, customer.id)
        ],
    }
    journal.record(tx, [events.archived(customer.id)], by=by.name, at=now)
    return pack(about, files, request.signer, now)


def told(
    order: Order,
    contacts: Mapping[UUID, Contact],
    agreed: Mapping[tuple[UUID, int], Agreement],
) -> dict[str, Any]:
    """An order as its customer knows it."""
    return {
        "number": order.number,
        "external_id": order.external_id,
        "placed_at": order.placed_at,
        "status": order.status,
        "currency": order.currency,
        "gift": order.gift,
        "notes": order.notes,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.ordered,
                "canceled": line.canceled,
                "unit_price": line.unit_price,
                "discount": line.discount,
                "tax_rate_ppm": line.tax_rate_ppm,
            }
            for line in order.lines
        ],
        "charges": [{"kind": each.kind, "amount": each.amount} for each in order.charges],
        "deliveries": [
            {"service": each.service, "address": address(contacts.get(each.contact_id))}
            if each.contact_id
            else {"service": each.service, **fetched(agreed.get((order.id, each.nth)))}
            for each in order.deliveries
        ],
        "parcels": [
            {"state": parcel.state, "tracking": parcel.tracking}
            for work in order.fulfillments
            for parcel in work.parcels
        ],
    }


def fetched(agreed: Agreement | None) -> dict[str, Any]:
    """Whom the customer sends to fetch it, if they do."""
    if agreed is None or agreed.collector is None:
        return {}
    return {"collector": asdict(agreed.collector)}


def address(contact: Contact | None) -> dict[str, Any] | None:
    if contact is None:
        return None
    fields = asdict(contact)
    del fields["id"]
    return fields
