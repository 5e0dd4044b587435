"""Who else could carry a parcel from where it stands to where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.delivery.model import CarrierService
from ovunque.delivery.rules.arrival import instant_of, minutes_of, passage
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.timing import Errand
from ovunque.fulfillment.model import Parcel
from ovunque.kernel.refusal import Refusal
from ovunque.orders.addressing import describe
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """A carrier's service that could take a parcel, and when it would be there."""

    service: CarrierService
    arrives_at: datetime


def list_carriages(
    tx: Tx, snapshot: Snapshot, parcel: Parcel, now: datetime
) -> tuple[Carriage, ...]:
    """Other services that bear its weight and go there, the earliest arrival first."""
    recipient = describe(tx, snapshot, parcel).recipient
    origin = snapshot.lanes.origin(parcel.location_id)
    found = []
    for service in snapshot.delivery.services:
        bears = parcel.weight_g <= service.parcel_weight_max_g
        if service.id == parcel.carrier_service_id or not bears:
            continue
        if not service.picks_up_in(origin.country):
            continue
        errand = Errand(
            service=service.promise,
            country=recipient.country,
            postal_code=recipient.postal_code,
        )
        table = snapshot.lanes.timetable(origin, service.id, errand)
        way = passage(table, minutes_of(now)) if table else None
        if way is not None and way.arrives != NEVER:
            found.append(Carriage(service=service, arrives_at=instant_of(way.arrives)))
    return tuple(sorted(found, key=lambda each: (each.arrives_at, each.service.key)))


def choose_carriage(carriages: Sequence[Carriage], carrier: str, service: str) -> UUID:
    """The service that is meant; refused for one that does not go there."""
    for each in carriages:
        if (each.service.carrier, each.service.service) == (carrier, service):
            return each.service.id
    raise Refusal("not_found", what="service of a carrier that takes this parcel")
