"""Where a parcel goes, and whence: what its carrier needs to know."""

from dataclasses import replace
from uuid import UUID

from ovunque.access.model import SYSTEM
from ovunque.customers.listing import find_customer, list_contacts
from ovunque.delivery.model import CarrierService
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Parcel
from ovunque.fulfillment.ports import Address, Shipment
from ovunque.orders.listing import find_order
from ovunque.orders.model import Delivery, Order
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot

NAME_MAX = 200


def describe(tx: Tx, snapshot: Snapshot, parcel: Parcel) -> Shipment:
    """The parcel as a carrier needs to know it."""
    order = find_order(tx, parcel.order_id)
    work = find_work(tx, SYSTEM, parcel.fulfillment_id)
    service = service_of(snapshot, parcel.carrier_service_id)
    return Shipment(
        carrier=service.carrier,
        service=service.service,
        service_name=service.name,
        sscc=parcel.sscc,
        weight_g=parcel.weight_g,
        reference=order.number,
        sender=address_of(snapshot, parcel.location_id),
        recipient=_recipient(tx, snapshot, order, order.deliveries[work.delivery]),
    )


def service_of(snapshot: Snapshot, service_id: UUID) -> CarrierService:
    return next(each for each in snapshot.delivery.services if each.id == service_id)


def address_of(snapshot: Snapshot, location_id: UUID) -> Address:
    """Where one of our locations is."""
    network = snapshot.network
    location = network.locations[network.position_of[location_id]]
    return Address(
        name=location.name,
        street=location.street,
        postal_code=location.postal_code,
        city=location.city,
        region=location.region,
        country=location.country,
    )


def _recipient(tx: Tx, snapshot: Snapshot, order: Order, delivery: Delivery) -> Address:
    """The address of a delivery, or where it is fetched; for the customer, unless it names another.

    A pickup point or store has many parcels: the name tells for whom each of them is.
    """
    customer = find_customer(tx, order.customer_id).name
    if delivery.location_id is not None:
        there = address_of(snapshot, delivery.location_id)
        return replace(there, name=f"{customer}, {there.name}"[:NAME_MAX])
    assert delivery.contact_id is not None, "what travels goes to an address"
    contact = list_contacts(tx, [delivery.contact_id])[delivery.contact_id]
    return Address(
        name=contact.name or customer,
        street=contact.street,
        postal_code=contact.postal_code,
        city=contact.city,
        region=contact.region,
        country=contact.country,
    )
