"""Where the retailer keeps and sells goods: legal entities, locations, groups, channels.

A request is a row as a file or a program brings it, field by field; the noun is that row with
the id and the version we gave it. Kinds and states are plain text there: a row may say anything,
and `rules` compares it with the words below.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ovunque.kernel.geography import Coordinates
from ovunque.kernel.spans import Span

Codes = tuple[str, ...]
Spans = tuple[Span, ...]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class LocationKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    DISTRIBUTOR = "distributor"
    RESELLER = "reseller"
    PICKUP_POINT = "pickup_point"


class LocationState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"


class Capability(StrEnum):
    SHIP_FROM = "ship_from"
    COLLECT = "collect"
    EXPRESS_COLLECT = "express_collect"
    RESERVE = "reserve"
    PICKUP_POINT = "pickup_point"  # Of parcels that are sent there, as a carrier's own counter.
    ACCEPT_RETURNS = "accept_returns"


class Carts(StrEnum):
    """Of which carts a location serves its lines."""

    PART = "part"  # Whatever it has of them.
    WHOLE = "whole"  # Only where it has all of it.


class ChannelKind(StrEnum):
    WEB = "web"
    TILL = "till"
    TABLET = "tablet"
    WHOLESALE = "wholesale"
    MARKETPLACE = "marketplace"


class Objective(StrEnum):
    """What the plans of a channel's orders aim at first."""

    ECONOMIC = "economic"
    FASTEST = "fastest"
    LOWEST_EMISSIONS = "lowest_emissions"


class NameableKind(StrEnum):
    """What programs know by a code, and people may call by a name."""

    CARRIER = "carrier"
    PROTECTION = "protection"
    SOURCE = "source"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a code, and the name that people gave it; None: nobody has."""

    kind: str
    code: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntityRequest:
    code: str
    name: str
    country: str
    vat_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity(LegalEntityRequest):
    """Who owns goods and sells them."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRequest:
    code: str
    name: str
    kind: str
    legal_entity: str
    street: str
    postal_code: str
    city: str
    region: str | None = None
    country: str
    latitude_e6: int
    longitude_e6: int
    time_zone: str
    state: str
    capabilities: Codes
    capacity_per_day: int
    handling_minutes: int
    handling_cents: int
    pick_cents: int
    unit_cents: int = 0  # What the owner of the goods takes for each unit, beyond picking it.
    groups: Codes = ()  # Created when new.
    capacity_per_hour: int = 0  # 0: none told, the day's decides.
    express_radius_km: int = 25  # How far away customers may be who fetch it express.
    express_minutes: int = 60  # In which it is ready then.
    carts: str = Carts.PART
    paused_until: datetime | None = None  # Open again then; None: until somebody opens it.
    pause_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(LocationRequest):
    """A place with stock or service."""

    id: UUID
    version: int
    asked_units: int = 0  # Looked for in the last months.
    missing_units: int = 0  # And not found.

    @property
    def coordinates(self) -> Coordinates:
        return Coordinates(self.latitude_e6, self.longitude_e6)

    @property
    def is_shipping(self) -> bool:
        """Whether parcels may leave from here today."""
        return self.state == LocationState.OPEN and Capability.SHIP_FROM in self.capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHoursRequest:
    location: str
    monday: Spans = ()
    tuesday: Spans = ()
    wednesday: Spans = ()
    thursday: Spans = ()
    friday: Spans = ()
    saturday: Spans = ()
    sunday: Spans = ()

    @property
    def week(self) -> tuple[Spans, ...]:
        """From Monday on."""
        return (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours(OpeningHoursRequest):
    """When people work at a location; public holidays are closed unless a closure has hours."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRequest:
    location: str
    day: date
    hours: Spans = ()
    name: str | None = None

    @property
    def key(self) -> tuple[str, date]:
        return self.location, self.day


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure(ClosureRequest):
    """A day of a location unlike its weekday: closed, or with hours of its own."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRequest:
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(GroupRequest):
    """A named set of locations; each location says to which it belongs."""

    id: UUID
    version: int
    locations: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRequest:
    code: str
    name: str
    kind: str
    legal_entity: str
    countries: Codes
    currency: str
    languages: Codes
    pool: str  # The group whose stock it may sell.
    home_pool: str  # The group whose stock it sold before Ovunque.
    listing: Codes = ()  # Categories; none: every item.
    objective: str = Objective.ECONOMIC
    confidence_percent_min: int = 0  # Of the places it sells from: doubtful ones give nothing.


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(ChannelRequest):
    """Where we sell."""

    id: UUID
    version: int

    def lists(self, category: str | None) -> bool:
        """Whether items of a category are sold here."""
        return not self.listing or category in self.listing


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationFilter:
    """Which locations to list; what is not said does not matter."""

    kind: str | None = None
    state: str | None = None
    country: str | None = None
    group: str | None = None
