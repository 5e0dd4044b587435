"""How goods travel: carriers' services, zones of postal codes, lanes between them with prices."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Service(StrEnum):
    """The ways of getting goods."""

    HOME = "home"
    EXPRESS = "express"
    COLLECT = "collect"  # At a store: of its own stock, or sent there.
    EXPRESS_COLLECT = "express_collect"  # Of a store's own stock, within the hour.
    RESERVE = "reserve"  # Set aside in a store, to be looked at and bought there.
    PICKUP_POINT = "pickup_point"
    TAKE_AWAY = "take_away"  # At the till: what lies in the store now.

    @property
    def goes_to_an_address(self) -> bool:
        """Else to one of our locations."""
        return self in TO_AN_ADDRESS


TO_AN_ADDRESS = (Service.HOME, Service.EXPRESS)


class Promise(StrEnum):
    """The ways of getting goods that a carrier can serve."""

    HOME = "home"
    EXPRESS = "express"


class Vehicle(StrEnum):
    """What moves parcels, in the classes of the emission factors."""

    VAN_DIESEL = "van_diesel"
    VAN_ELECTRIC = "van_electric"
    RIGID_TO_7T = "rigid_to_7t"
    RIGID_TO_17T = "rigid_to_17t"
    RIGID_OVER_17T = "rigid_over_17t"
    ARTIC_OVER_33T = "artic_over_33t"
    RIGID_OVER_17T_COLD = "rigid_over_17t_cold"
    ARTIC_OVER_33T_COLD = "artic_over_33t_cold"
    RAIL = "rail"
    FERRY = "ferry"
    AIR_DOMESTIC = "air_domestic"
    AIR_SHORT = "air_short"
    AIR_LONG = "air_long"


AIRCRAFT = frozenset({Vehicle.AIR_DOMESTIC, Vehicle.AIR_SHORT, Vehicle.AIR_LONG})
TO_THE_DOOR = frozenset(
    {Vehicle.VAN_DIESEL, Vehicle.VAN_ELECTRIC, Vehicle.RIGID_TO_7T, Vehicle.RIGID_TO_17T}
)
PACKAGING = "packaging"  # A box and what is in it beside the goods: nobody is asked for it.
HUB = "hub"  # Where parcels are sorted: it has a factor as vehicles have.


class Basis(StrEnum):
    """What a factor is multiplied by."""

    TONNE_KM = "tonne_km"
    VEHICLE_KM = "vehicle_km"
    TONNE_HANDLED = "tonne_handled"
    PARCEL = "parcel"


class Quality(StrEnum):
    """How good a figure is, best first; a sum is as good as its weakest part."""

    PRIMARY = "primary"  # The carrier's own statement.
    MODELLED = "modelled"
    DEFAULT = "default"  # A published average.
    ASSUMED = "assumed"


class Settlement(StrEnum):
    """How close together doors are: it decides the way per stop."""

    URBAN = "urban"
    SUBURBAN = "suburban"
    RURAL = "rural"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionFactor:
    """CO2e per unit of its basis in 10⁻⁵ kg: from the tank to the wheel, and from the well to it.

    Of a carrier's service, a carrier or a region where these are named; else for everybody.
    """

    vehicle: str
    basis: Basis
    carrier: str = ""
    service: str = ""
    region: str = ""
    year: int
    ttw_f5: int
    wtt_f5: int
    quality: Quality
    source: str
    license: str

    @property
    def key(self) -> tuple[str, str, str, str, str, int]:
        return (self.vehicle, self.basis, self.carrier, self.service, self.region, self.year)


class ServiceKey(NamedTuple):
    carrier: str
    service: str

    def __str__(self) -> str:
        return f"{self.carrier}/{self.service}"


class LaneKey(NamedTuple):
    carrier: str
    service: str
    from_zone: str
    to_zone: str

    def __str__(self) -> str:
        return f"{self.carrier}/{self.service} {self.from_zone}>{self.to_zone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierServiceRequest:
    """A row as a file or a program brings it; `promise` may be any text until it is checked."""

    carrier: str
    service: str
    name: str
    promise: str
    cutoff: time | None  # Local time of the location; only a draft may still lack it.
    pickup_days: tuple[int, ...]  # ISO weekdays, Monday is 1.
    parcel_weight_max_g: int
    countries: tuple[str, ...] = ()  # Where it picks up; none: everywhere.
    line_haul: str = Vehicle.ARTIC_OVER_33T
    sorts: int = 2  # Hubs that handle a parcel.
    last_mile: str = Vehicle.VAN_DIESEL
    stop_m: int | None = None  # Its way per stop; none: assumed.
    delivery_days: tuple[int, ...] = ()  # On which it delivers; none: weekdays and pickup days.
    surcharge_ppm: int = 0  # On every price: fuel and the like.
    valid_from: date | None = None  # The first day on which it takes parcels.
    valid_until: date | None = None  # The last one.

    @property
    def key(self) -> ServiceKey:
        return ServiceKey(self.carrier, self.service)

    def works_on(self, day: date) -> bool:
        """Whether it works for us on a day, whatever weekday that is."""
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierService(CarrierServiceRequest):
    """What a carrier offers, such as `standard` or `express`."""

    id: UUID
    version: int
    cutoff: time

    def picks_up_in(self, country: str) -> bool:
        return not self.countries or country in self.countries


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ZoneArea:
    """Postal codes of a country by their first characters, both bounds included; none: all."""

    country: str
    postal_from: str = ""
    postal_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRequest:
    code: str
    areas: tuple[ZoneArea, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(ZoneRequest):
    """A set of places that carriers price alike. Where two meet, the longer bound wins."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DatedTariff:
    """What a lane costs parcels that leave on some days, the last one included.

    Where no last day is told it counts until the next one begins.
    """

    valid_from: date
    valid_until: date | None = None
    rates: tuple[tuple[int, int], ...]
    surcharge_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRequest:
    carrier: str
    service: str
    from_zone: str
    to_zone: str
    transit_days: int
    rates: tuple[tuple[int, int], ...]  # Greatest weight in g and price in cents, ascending.
    surcharge_cents: int = 0  # Of each parcel: islands, mountains.
    # Parts of a million by number of days, from 0 on; none: `transit_days`, and nothing else.
    transit_chances_ppm: tuple[int, ...] = ()
    tariffs: tuple[DatedTariff, ...] = ()  # By day; on all other days `rates` count.

    @property
    def service_key(self) -> ServiceKey:
        return ServiceKey(self.carrier, self.service)

    @property
    def key(self) -> LaneKey:
        return LaneKey(self.carrier, self.service, self.from_zone, self.to_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane(LaneRequest):
    """A carrier's service from one zone to another: days, and a price by weight."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class VolumeCap:
    """How many parcels a service takes in a day: at a location, or all together."""

    location: str = ""
    parcels_per_day_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that was agreed with a carrier about one service."""

    service: CarrierServiceRequest
    lanes: tuple[LaneRequest, ...] = ()  # In the order of their zones.
    caps: tuple[VolumeCap, ...] = ()

    @property
    def key(self) -> ServiceKey:
        return self.service.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Terms as somebody is writing them: nothing of it counts yet."""

    terms: Terms
    version: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Terms that took effect, and what stood before them."""

    number: int
    terms: Terms
    before: Terms
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRequest:
    """What a lane that stands costs from now on, or on the days that it tells."""

    carrier: str
    service: str
    from_zone: str
    to_zone: str
    rates: tuple[tuple[int, int], ...]
    surcharge_cents: int = 0
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def key(self) -> LaneKey:
        return LaneKey(self.carrier, self.service, self.from_zone, self.to_zone)

    @property
    def dated_key(self) -> tuple[LaneKey, date]:
        """A lane has one usual tariff, and one that begins on each day."""
        return self.key, self.valid_from or date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitRequest:
    """How long a lane takes: percent by number of days, or days by percent of parcels."""

    carrier: str
    service: str
    from_zone: str
    to_zone: str
    chances: tuple[tuple[int, int], ...] = ()
    quantiles: tuple[tuple[int, int], ...] = ()

    @property
    def key(self) -> LaneKey:
        return LaneKey(self.carrier, self.service, self.from_zone, self.to_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRequest:
    """How many parcels a service takes in a day; without a location: all together."""

    carrier: str
    service: str
    location: str | None = None
    parcels_per_day_max: int

    @property
    def service_key(self) -> ServiceKey:
        return ServiceKey(self.carrier, self.service)

    @property
    def key(self) -> tuple[ServiceKey, str]:
        return self.service_key, self.location or ""
