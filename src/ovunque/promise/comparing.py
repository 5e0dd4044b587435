"""A promise that does not hold any more, beside what can be promised now."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.delivery.model import Service
from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.network.model import LocationState
from ovunque.network.snapshot import ChannelView
from ovunque.promise.model import Basis, Cause, Change, Option, Pledge, Why
from ovunque.promise.rules.likeness import nearest
from ovunque.promise.rules.milestones import leaves_at
from ovunque.promise.travelling import Leg, Ways
from ovunque.sourcing.model import PromisedParcel
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.snapshot import Snapshot


def compare(
    snapshot: Snapshot,
    shelf: Shelf,
    pledge: tuple[int, Pledge],
    options: Sequence[Option],
    now: datetime,
) -> Change:
    """What changed of the promise for a delivery, parcel by parcel."""
    delivery, was = pledge
    channel = snapshot.network.channels[was.channel]
    whys = [
        why
        for parcel, basis in zip(was.parcels, was.basis, strict=True)
        for why in _whys(snapshot, was, (parcel, basis), now)
    ]
    return Change(
        delivery=delivery,
        was=was,
        now=nearest(options, was.service, collected_at(was), was.latest),
        whys=(*_gone(snapshot, shelf, channel, was), *whys),
    )


def collected_at(was: Pledge) -> UUID | None:
    """Where it was to be fetched; None: it goes to an address."""
    return None if Service(was.service).goes_to_an_address else UUID(was.destination)


def _gone(snapshot: Snapshot, shelf: Shelf, channel: ChannelView, was: Pledge) -> Iterator[Why]:
    """Units that are not there any more: of one item at one place all parcels together."""
    wanted: Counter[tuple[UUID, str]] = Counter()
    for parcel in was.parcels:
        for sku, units in parcel.units:
            wanted[parcel.location_id, sku] += units
    for (location_id, sku), units in wanted.items():
        at = snapshot.network.position_of.get(location_id)
        available = 0 if at is None else shelf.row(sku, channel).item(at)
        if available < units:
            yield Why(
                cause=Cause.UNITS_GONE,
                location_id=location_id,
                sku=sku,
                wanted=units,
                available=available,
            )


def _whys(
    snapshot: Snapshot, was: Pledge, sent: tuple[PromisedParcel, Basis], now: datetime
) -> Iterator[Why]:
    """Whether its place still works, and its carrier can still be reached."""
    parcel, basis = sent
    at = snapshot.network.position_of.get(parcel.location_id)
    if at is None or snapshot.network.locations[at].state != LocationState.OPEN:
        yield Why(cause=Cause.LOCATION_CLOSED, location_id=parcel.location_id)
        return
    counter = collected_at(was)
    leg = Leg(
        location_id=parcel.location_id,
        carrier_service_id=parcel.carrier_service_id,
        service=was.service,
        destination=was.destination,
        collect_at=counter if parcel.carrier_service_id else None,
        confidence_ppm=was.confidence_ppm,
    )
    way = Ways(snapshot).of(leg)
    if way is None:
        yield Why(cause=Cause.NO_WAY, location_id=parcel.location_id)
    elif leaves_at(way, minutes_of(now)) > basis.leaves:
        leaves = instant_of(basis.leaves)
        yield Why(cause=Cause.TOO_LATE, location_id=parcel.location_id, leaves=leaves)
