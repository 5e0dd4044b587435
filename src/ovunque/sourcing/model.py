"""What is wanted, what could serve it, and the plan that does."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BIG = 1 << 50  # Impossible. Never scaled; only a few dozen terms add up, so nothing overflows.


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One delivery to be sourced: n distinct items, L locations, C columns, B weight bands.

    A column is one possible parcel: a location with a carrier service (or with none, when the
    goods do not travel). Columns are sorted by (location code, carrier, service), items by sku:
    ties then fall the same way on every machine. Money in cents, weight in grams.
    """

    want: Ints  # [n] units
    weight_g: Ints  # [n] of one unit
    have: Ints  # [L, n] units available to this channel
    location: Ints  # [C] row of `have`
    fixed_cents: Ints  # [C] handling of one parcel
    pick_cents: Ints  # [C] for each unit
    lead_minutes: Ints  # [C] until arrival
    edges_g: Ints  # [B] upper bounds of the weight bands, ascending
    price_cents: Ints  # [C, B] tariff; BIG where the service cannot carry that weight
    unmet_cents: Ints  # [n] for each unit left unmet; BIG: must be met
    parcels_max: int


@dataclass(frozen=True, slots=True)
class Pick:
    """Units of one item in a parcel; `item` is its row in the problem."""

    item: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PlannedParcel:
    column: int
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """The cheapest way found, its cost, and the units left unmet by item."""

    cents: int
    parcels: tuple[PlannedParcel, ...]
    unmet: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One order line to be served, bundles already taken apart into their components."""

    line_id: UUID
    sku: str
    quantity: int
    weight_g: int  # of one unit
    set_of: int = 1  # units that make one of the line: more than one in bundles


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a delivery goes: an address, or one of our locations for a collection."""

    service: str  # home, express, collect
    country: str | None = None
    postal_code: str | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNeed:
    """What one delivery of an order asks for."""

    destination: Destination
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Units of one order line taken from one location."""

    line_id: UUID
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One parcel of a plan: where it leaves from, with whom, what is inside."""

    location_id: UUID
    carrier_service_id: UUID | None
    supplies: tuple[Supply, ...]
    lead_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcingPlan:
    """Which units come from where: the one output of sourcing."""

    shipments: tuple[Shipment, ...]
    unmet: tuple[Supply, ...]
    cost_cents: int
    candidates: int  # columns that were looked at
