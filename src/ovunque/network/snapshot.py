"""The network in memory, for whoever promises and plans: an immutable value, swapped whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.network import store
from ovunque.network.model import Carts, Channel, Location, OpeningHours, Spans
from ovunque.network.rules import is_sure
from ovunque.network.store import scheduling as hours_store
from ovunque.platform.database import Tx

Positions = NDArray[np.int16]

LOCATIONS_MAX = 1 << 15  # Positions are small, since there is one for each pair of stock.

FALLBACK_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChannelView:
    """A channel and where its stock lies: positions of locations, sorted by location code."""

    channel: Channel
    pool: Positions  # Whatever their state, but for those whose stock is too doubtful.
    shipping: Positions  # Those of the pool from which parcels may leave today.
    home_pool: Positions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkView:
    """Locations by position: a small number that a location keeps as long as the process lives."""

    locations: tuple[Location, ...] = ()
    position_of: Mapping[UUID, int] = field(default_factory=dict)
    by_code: Mapping[str, Location] = field(default_factory=dict)
    channels: Mapping[str, ChannelView] = field(default_factory=dict)
    channel_of: Mapping[UUID, ChannelView] = field(default_factory=dict)  # The same, by their ids.
    hours: Mapping[str, OpeningHours] = field(default_factory=dict)  # By location code.
    closures: Mapping[str, Mapping[date, Spans]] = field(default_factory=dict)
    express_radius_m: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    whole_carts: NDArray[np.bool_] | None = None  # [positions] None: all take parts as well.

    @property
    def currency(self) -> str:
        """What prices and costs are in: the house knows one currency."""
        return next((each.channel.currency for each in self.channels.values()), FALLBACK_CURRENCY)

    def places_called(self, fragment: str) -> tuple[UUID, ...]:
        """The locations that have a fragment in their code or their name."""
        asked = fragment.lower()
        return tuple(
            each.id
            for each in self.by_code.values()
            if asked in each.code.lower() or asked in each.name.lower()
        )


def load(tx: Tx, before: NetworkView | None = None) -> NetworkView:
    """The network as it stands; what was in the view before keeps its position."""
    by_code = {each.code: each for each in store.list_all_locations(tx)}
    locations = in_place(by_code, before.locations if before else ())
    position_of = {each.id: position for position, each in enumerate(locations)}
    ordered = [(position_of[each.id], each) for each in by_code.values()]

    def view(channel: Channel) -> ChannelView:
        pool = [
            (at, each)
            for at, each in ordered
            if channel.pool in each.groups and is_sure(each, channel.confidence_percent_min)
        ]
        return ChannelView(
            channel=channel,
            pool=positions(at for at, _ in pool),
            shipping=positions(at for at, each in pool if each.is_shipping),
            home_pool=positions(at for at, each in ordered if channel.home_pool in each.groups),
        )

    channels = {channel.code: view(channel) for channel in store.list_all_channels(tx)}
    return NetworkView(
        locations=locations,
        position_of=MappingProxyType(position_of),
        by_code=MappingProxyType(by_code),
        channels=MappingProxyType(channels),
        channel_of=MappingProxyType({each.channel.id: each for each in channels.values()}),
        hours={each.location: each for each in hours_store.list_all_hours(tx)},
        closures=closures_of(tx),
        express_radius_m=np.array([each.express_radius_km * 1_000 for each in locations], np.int64),
        whole_carts=whole_carts(locations),
    )


def whole_carts(locations: Sequence[Location]) -> NDArray[np.bool_] | None:
    """By position, who serves only carts of which it has all; None where nobody is like that."""
    found = np.array([each.carts == Carts.WHOLE for each in locations], np.bool_)
    return found if found.any() else None


def closures_of(tx: Tx) -> dict[str, dict[date, Spans]]:
    """Days unlike the others, by location code."""
    closures: dict[str, dict[date, Spans]] = {}
    for each in hours_store.list_all_closures(tx):
        closures.setdefault(each.location, {})[each.day] = each.hours
    return closures


def in_place(by_code: Mapping[str, Location], before: tuple[Location, ...]) -> tuple[Location, ...]:
    """The locations in the order of their positions: the known ones first, as they were."""
    known = {each.code for each in before}
    assert known <= by_code.keys(), "a location closes, it never disappears"
    added = (each for code, each in by_code.items() if code not in known)
    locations = (*(by_code[each.code] for each in before), *added)
    assert len(locations) <= LOCATIONS_MAX
    return locations


def positions(of: Iterable[int]) -> Positions:
    """An array that nobody changes by accident."""
    array = np.fromiter(of, dtype=np.int16)
    array.flags.writeable = False
    return array
