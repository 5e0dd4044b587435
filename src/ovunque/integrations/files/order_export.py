"""Orders as rows of a file that could be imported again: the newest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ovunque.customers.listing import find_customer, list_contacts
from ovunque.customers.model import Contact, Customer
from ovunque.integrations.files import standing
from ovunque.integrations.files.order_rows import COLUMNS, OF_ADDRESS, OF_CUSTOMER
from ovunque.orders.agreeing import list_agreements
from ovunque.orders.listing import list_orders
from ovunque.orders.model import Agreement, Delivery, Order
from ovunque.platform.database import Tx

PAGE_MAX = 200
NOTHING: Mapping[str, Any] = dict.fromkeys(COLUMNS.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the orders of a page point to."""

    channels: Mapping[UUID, str]
    codes: Mapping[UUID, str]  # Of locations.
    contacts: Mapping[UUID, Contact]
    agreed: Mapping[tuple[UUID, int], Agreement]


def export_rows(tx: Tx) -> Iterator[dict[str, Any]]:
    """A row for each line that was ordered; one without an external id goes by its number."""
    codes = {each.id: each.code for each in standing.locations(tx)}
    channels = {each.id: each.code for each in standing.channels(tx)}
    before: UUID | None = None
    while page := list_orders(tx, channel_id=None, status=None, before=before, limit=PAGE_MAX):
        contacts = list_contacts(
            tx, [at.contact_id for order in page for at in order.deliveries if at.contact_id]
        )
        around = Around(
            channels=channels,
            codes=codes,
            contacts=contacts,
            agreed=list_agreements(tx, [order.id for order in page]),
        )
        for order in page:
            yield from _rows(order, find_customer(tx, order.customer_id), around)
        before = page[-1].id


def _rows(order: Order, customer: Customer, around: Around) -> Iterator[dict[str, Any]]:
    said = _of_order(order, customer, around.channels)
    places = {each.nth: _of_delivery(each, order.id, around) for each in order.deliveries}
    for line in order.lines:
        if line.instead_of is not None:
            continue
        yield {
            **NOTHING,
            **said,
            **places[line.delivery],
            "sku": line.sku,
            "quantity": line.ordered,
            "unit_price": line.unit_price,
            "discount": line.discount or None,
            "delivery": line.delivery or None,
        }


def _of_order(order: Order, customer: Customer, channels: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "external_id": order.external_id or order.number,
        "channel": channels[order.channel_id],
        "currency": order.currency,
        **{f"customer_{name}": getattr(customer, name) or None for name in OF_CUSTOMER},
        "gift": order.gift,
        "notes": order.notes,
    }


def _of_delivery(delivery: Delivery, order_id: UUID, around: Around) -> dict[str, Any]:
    contact = around.contacts.get(delivery.contact_id) if delivery.contact_id else None
    agreed = around.agreed.get((order_id, delivery.nth))
    collector = agreed.collector if agreed else None
    address: dict[str, Any] = {}
    if contact is not None:
        fields = {"latitude": "latitude_e6", "longitude": "longitude_e6"}
        address = {name: getattr(contact, fields.get(name, name)) for name in OF_ADDRESS}
        address |= {"recipient_name": contact.name, "recipient_phone": contact.phone}
    return {
        "service": delivery.service,
        "location": around.codes[delivery.location_id] if delivery.location_id else None,
        "collector_name": collector.name if collector else None,
        "collector_phone": collector.phone if collector else None,
        **address,
    }
