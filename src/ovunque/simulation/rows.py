"""What a retailer hands over, a row at a time: the field names are the columns of its files."""

from collections.abc import Mapping
from dataclasses import dataclass

Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntityRow:
    code: str
    name: str
    country: str
    vat_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRow:
    code: str
    name: str
    kind: str
    legal_entity: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    latitude: float
    longitude: float
    time_zone: str
    state: str
    capabilities: Codes
    capacity_per_day: int
    handling_minutes: int
    handling_cents: int
    pick_cents: int
    groups: Codes
    unit_cents: int  # What the owner of the goods takes for each unit.


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRow:
    location: str
    monday: Codes  # Such as 10:00-13:00; none: closed.
    tuesday: Codes
    wednesday: Codes
    thursday: Codes
    friday: Codes
    saturday: Codes
    sunday: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRow:
    location: str
    day: str
    hours: Codes
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    code: str
    name: str
    kind: str
    legal_entity: str
    countries: Codes
    currency: str
    languages: Codes
    pool: str
    home_pool: str
    listing: Codes  # The categories it sells; ("all",) for everything.


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    sku: str
    product: str
    title: str
    title_it: str
    gtin: str
    category: str
    season: str
    color: str
    size: str
    condition: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    price_cents: int
    cost_cents: int
    components: Mapping[str, int]  # Units by sku of what a bundle holds; empty for the rest.


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRow:
    carrier: str
    service: str
    name: str
    promise: str
    cutoff: str
    pickup_days: tuple[int, ...]  # Monday is 1.
    parcel_weight_max_g: int
    countries: Codes
    line_haul: str
    sorts: int
    last_mile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    zone: str
    country: str
    postal_from: str
    postal_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    carrier: str
    service: str
    from_zone: str
    to_zone: str
    transit_days: int
    rates: Mapping[int, int]  # Price in cents by greatest weight in g, ascending.


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitRow:
    carrier: str
    service: str
    from_zone: str
    to_zone: str
    chances: Mapping[int, int]  # Percent by days.
    quantiles: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRow:
    carrier: str
    service: str
    location: str
    parcels_per_day_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    vehicle: str
    basis: str
    carrier: str
    service: str
    region: str
    year: int
    ttw_kg: str
    wtt_kg: str
    quality: str
    source: str
    license: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    location: str
    sku: str
    on_hand: int
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRow:
    sku: str
    like: str
    serial: str
    condition: str
    location: str
    price_cents: int
    cost_cents: int
    note: str
    photos: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRow:
    reference: str
    location: str
    sku: str
    quantity: int
    due_on: str
    late_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    external_id: str
    email: str
    name: str
    phone: str
    language: str
