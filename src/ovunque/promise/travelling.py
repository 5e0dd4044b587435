"""How something is prepared and travels, by what is known of locations and carriers now."""

from dataclasses import dataclass
from uuid import UUID

from ovunque.delivery.timing import Errand
from ovunque.promise.rules.milestones import Way
from ovunque.sourcing.handing_over import counter_of
from ovunque.sourcing.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From where to where, and with whom; no carrier: it is fetched where it lies."""

    location_id: UUID
    carrier_service_id: UUID | None
    service: str
    destination: str  # An address, as tokens bind to it.
    collect_at: UUID | None = None  # The other location where it is fetched.
    confidence_ppm: int | None = None


class Ways:
    """The ways of legs."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, leg: Leg) -> Way | None:
        """None: we do not know that location or that lane any more."""
        network, lanes = self._snapshot.network, self._snapshot.lanes
        if leg.location_id not in network.position_of:
            return None
        origin = lanes.origin(leg.location_id)
        if leg.carrier_service_id is None:
            counter = counter_of(origin, leg.service)
            return Way(diary=counter.diary, work_minutes=counter.work_minutes)
        errand = self._errand(leg)
        table = lanes.timetable(origin, leg.carrier_service_id, errand) if errand else None
        if table is None:
            return None
        return Way(diary=origin.diary, work_minutes=origin.work_minutes, timetable=table)

    def _errand(self, leg: Leg) -> Errand | None:
        """To the address, or to where it is fetched."""
        if leg.collect_at is None:
            country, _, postal_code = leg.destination.partition(" ")
            return Errand(
                service=leg.service,
                country=country,
                postal_code=postal_code,
                confidence_ppm=leg.confidence_ppm,
            )
        network = self._snapshot.network
        at = network.position_of.get(leg.collect_at)
        if at is None:
            return None
        place = network.locations[at]
        return Errand(
            service=leg.service,
            country=place.country,
            postal_code=place.postal_code,
            confidence_ppm=leg.confidence_ppm,
            to=self._snapshot.lanes.origin(place.id),
        )
