"""What a channel may sell of an item now: the one place where this number is derived."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.model import Service
from ovunque.network.model import Location, LocationState
from ovunque.network.snapshot import LOCATIONS_MAX, ChannelView, NetworkView
from ovunque.sourcing.handing_over import hands_over
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.withholding import traits_of

Units = NDArray[np.int64]
SERVICES = tuple(Service)
BROUGHT = frozenset({Service.HOME, Service.EXPRESS, Service.PICKUP_POINT})


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Where units may lie that a channel sells by a service: positions of locations."""

    channel: ChannelView
    places: tuple[int, ...]  # In the order of their codes.
    within: NDArray[np.bool_]  # By position.


def reach_of(channel: ChannelView, network: NetworkView, service: str | None) -> Reach:
    """The open locations of the channel's pool that serve it that way, or any way."""
    places = tuple(int(at) for at in channel.pool if serves(network.locations[int(at)], service))
    within = np.zeros(LOCATIONS_MAX, np.bool_)  # With those that are added meanwhile.
    within[list(places)] = True
    return Reach(channel, places, within)


def serves(place: Location, service: str | None) -> bool:
    """Whether a location sells by a service what lies there; none said: by any.

    What goes to an address or a pickup point is shipped from there; all else is handed over there.
    """
    if service is None:
        return place.state == LocationState.OPEN
    return place.is_shipping if service in BROUGHT else hands_over(place, service) is None


def available(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> int:
    """Units of an item that a channel may sell."""
    components = snapshot.catalog.items[sku].components
    if components or snapshot.kept.book.rules:
        return int(available_by_place(snapshot, reach, sku, now).sum())
    at, free = snapshot.stock.row(sku)
    return int(np.maximum(free, 0)[reach.within[at]].sum())


def sold_from(snapshot: Snapshot, channel: ChannelView, sku: str, now: datetime) -> datetime | None:
    """When a channel begins to sell an item; of a bundle, all its parts. None: it does already."""
    book = snapshot.kept.book
    item = snapshot.catalog.items.get(sku)
    if not book.rules or item is None:
        return None
    parts = item.components or ((sku, 1),)
    begins = (
        book.sold_from(traits_of(snapshot.catalog, part), channel.channel.id, now)
        for part, _ in parts
    )
    return max((at for at in begins if at is not None), default=None)


def available_by_place(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> Units:
    """The same by position of location; of a bundle as many as its scarcest part makes there."""
    channel_id = reach.channel.channel.id
    parts = snapshot.catalog.items[sku].components or ((sku, 1),)
    rows = [snapshot.sellable(part, channel_id, now) // units for part, units in parts]
    fewest: Units = np.minimum.reduce(rows)
    return np.where(reach.within[: len(fewest)], fewest, 0)
