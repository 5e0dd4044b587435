"""What fulfillment needs of the companies that carry parcels, in its own words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

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


class Carrier(Protocol):
    """Sells labels. Asked twice under the same key, it answers with the same label."""

    def buy_label(self, shipment: Shipment, key: str) -> Label: ...

    def void_label(self, tracking: str, key: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where labels are bought: who carries, and who knows where a parcel goes."""

    carrier_of: Callable[[str], Carrier]
    describe: Callable[[Tx, Parcel], Shipment]
