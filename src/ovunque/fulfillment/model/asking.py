"""Whom to ask for a fulfillment: each location with the way in which it would serve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment, Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a location would serve a fulfillment: by which service, when, at what cost."""

    location_id: UUID
    carrier_service_id: UUID | None
    arrives_at: datetime | None
    cost_cents: int | None
    emissions_g: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """A location that is to be asked; no deadline: it has what it is given at once."""

    way: Way
    accept_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """An item that a location is not asked for, for a time: it did not have it, or no time."""

    location_id: UUID
    sku: str
    until: datetime
    reason: str


Bids = Mapping[UUID, Sequence[Bid]]  # By fulfillment, whom to ask first.


def way_of(each: Offer | Fulfillment) -> Way:
    """How an offer's location would serve its work, or how a fulfillment's own one does."""
    return Way(
        location_id=each.location_id,
        carrier_service_id=each.carrier_service_id,
        arrives_at=each.arrives_at,
        cost_cents=each.cost_cents,
        emissions_g=each.emissions_g,
    )
