"""What fulfillment needs of the companies that carry parcels, in its own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ovunque.fulfillment.model import Parcel
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    name: str
    street: str
    postal_code: str
    city: str
    region: str | None
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel as a carrier needs to know it."""

    carrier: str
    service: str
    service_name: str
    sscc: str
    weight_g: int
    reference: str  # The order's number.
    sender: Address
    recipient: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a carrier sold: its number for the parcel, and what is stuck on it."""

    tracking: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCall:
    """Where a carrier is wanted, and when."""

    carrier: str
    reference: str
    address: Address
    starts_at: datetime
    ends_at: datetime
    parcels: Sequence[str] = ()  # The keys under which their labels were bought.


class Carrier(Protocol):
    """Sells labels, and comes for parcels.

    Asked twice under the same key, it answers with the same label, or the same visit.
    """

    def buy_label(self, shipment: Shipment, key: str) -> Label: ...

    def void_label(self, tracking: str, key: str) -> None: ...

    def book_visit(self, call: VisitCall, key: str) -> str:
        """Its number for the visit."""
        ...

    def cancel_visit(self, confirmation: str, key: str) -> None: ...


def no_services(_: str) -> Sequence[UUID]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where labels are bought: who carries, and who knows where a parcel goes."""

    carrier_of: Callable[[str], Carrier]
    describe: Callable[[Tx, Parcel], Shipment]
    address_of: Callable[[UUID], Address]  # Of our locations.
    services_of: Callable[[str], Sequence[UUID]] = no_services  # Of a carrier, by its code.
