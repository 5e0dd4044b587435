"""Whom we serve: profiles, and where deliveries go. Contact data stands in this room alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.kernel.freezing import frozen


@frozen
class CustomerRequest:
    """A person as a file, an order or a program names them; known by the first two."""

    external_id: str | None = None
    email: str | None = None
    name: str
    phone: str | None = None
    language: str | None = None


@frozen
class Customer(CustomerRequest):
    """A profile: one for each person."""

    id: UUID
    version: int
    created_at: datetime
    erased_at: datetime | None = None  # Forgotten: nothing else of them is known.


@frozen
class Newcomer:
    """A person nobody knew, with the id that their profile gets."""

    id: UUID
    person: CustomerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Who each row of a batch is: ids in order, the newcomers, and the keys that become theirs."""

    ids: tuple[UUID, ...]
    newcomers: tuple[Newcomer, ...]
    keys: dict[str, UUID]


@frozen
class ContactRequest:
    name: str | None = None
    phone: str | None = None
    street: str
    postal_code: str
    city: str
    region: str | None = None
    country: str
    latitude_e6: int | None = None
    longitude_e6: int | None = None


@frozen
class Contact(ContactRequest):
    """Where a delivery goes, as it was told with the order."""

    id: UUID


@frozen
class Collector:
    """Who comes for somebody's goods instead of them."""

    name: str
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Somebody's wish to be forgotten, and when it was done."""

    customer_id: UUID
    asked_at: datetime
    asked_by: str
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Somebody looked at what is masked otherwise."""

    customer_id: UUID
    actor: str
    at: datetime
    order_id: UUID | None = None
