"""How goods travel: carriers' services, zones of postal codes, lanes between them with prices."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Promise(StrEnum):
    """The ways of getting goods that a carrier can serve."""

    HOME = "home"
    EXPRESS = "express"


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
    cutoff: time  # Local time of the location.
    pickup_days: tuple[int, ...]  # ISO weekdays, Monday is 1.
    parcel_weight_max_g: int
    countries: tuple[str, ...] = ()  # Where it picks up; none: everywhere.

    @property
    def key(self) -> ServiceKey:
        return ServiceKey(self.carrier, self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierService(CarrierServiceRequest):
    """What a carrier offers, such as `standard` or `express`."""

    id: UUID
    version: int

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRequest:
    carrier: str
    service: str
    from_zone: str
    to_zone: str
    transit_days: int
    rates: tuple[tuple[int, int], ...]  # Greatest weight in g and price in cents, ascending.

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
