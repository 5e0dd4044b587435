"""The way of one parcel, leg by leg: what its grams are made of."""

from uuid import UUID

from ovunque.delivery.rules.emissions import Walked, Way, walk
from ovunque.sourcing.model import Destination
from ovunque.sourcing.snapshot import Snapshot


def walk_to(
    snapshot: Snapshot,
    destination: Destination,
    location_id: UUID,
    service_id: UUID | None,
    mass_g: int,
) -> tuple[Walked, ...]:
    """From a location by a service, or over its counter where no service brings it."""
    position = snapshot.network.position_of[location_id]
    place = snapshot.lanes.place(destination)
    chain = snapshot.delivery.chain(service_id, snapshot.network.locations[position].country)
    way = Way(
        distance_m=int(place.distance_m[position]) if service_id else 0,
        inbound_m=snapshot.lanes.inbound_m(location_id),
        settlement=place.settlement,
    )
    return walk(chain, way, mass_g)
