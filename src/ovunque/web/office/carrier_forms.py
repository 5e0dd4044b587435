"""What is written of a carrier's service: the fields, and how terms fill them."""

from datetime import date, time

from pydantic import Field

from ovunque.delivery.model import CarrierServiceRequest, Promise, Vehicle
from ovunque.web import reading
from ovunque.web.screens import Form

NUMBER = r"^[0-9]{1,6}$"
CODE = Field(max_length=64)


class PartForm(Form):
    version: str = Field(default="0", pattern=NUMBER)
    start: str = Field(default="", max_length=64)


class ConditionsForm(PartForm):
    name: str = Field(max_length=200)
    promise: Promise
    cutoff: time | None = None
    pickup_days: list[int] = Field(default=[], max_length=7)
    delivery_days: list[int] = Field(default=[], max_length=7)
    weight_max: str = Field(max_length=20)
    countries: str = Field(default="", max_length=1_000)
    surcharge: str = Field(default="0", max_length=20)
    line_haul: Vehicle
    sorts: str = Field(pattern=r"^[0-9]$")
    last_mile: Vehicle
    stop_m: str = Field(default="", pattern=r"^[0-9]{0,6}$")
    valid_from: date | None = None
    valid_until: date | None = None


def conditions_of(service: CarrierServiceRequest) -> ConditionsForm:
    """The fields as a service fills them."""
    return ConditionsForm(
        name=service.name,
        promise=Promise(service.promise),
        cutoff=service.cutoff,
        pickup_days=[*service.pickup_days],
        delivery_days=[*service.delivery_days],
        weight_max=reading.short(service.parcel_weight_max_g, 3),
        countries=" ".join(service.countries),
        surcharge=reading.short(service.surcharge_ppm, 4),
        line_haul=Vehicle(service.line_haul),
        sorts=str(service.sorts),
        last_mile=Vehicle(service.last_mile),
        stop_m="" if service.stop_m is None else str(service.stop_m),
        valid_from=service.valid_from,
        valid_until=service.valid_until,
    )
