"""Handing over at a counter: what a location needs for it, and when goods are ready there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ovunque.delivery.model import Service
from ovunque.delivery.rules.arrival import Passage
from ovunque.delivery.rules.diary import NEVER, Diary
from ovunque.delivery.timing import Origin
from ovunque.network.model import Capability, Location, LocationKind, LocationState
from ovunque.network.snapshot import ChannelView
from ovunque.sourcing.model import Destination, Ints, Reason

NEEDED: Mapping[str, Capability] = MappingProxyType(
    {
        Service.COLLECT: Capability.COLLECT,
        Service.EXPRESS_COLLECT: Capability.EXPRESS_COLLECT,
        Service.RESERVE: Capability.RESERVE,
    }
)
ITS_OWN_RADIUS = frozenset({Service.EXPRESS_COLLECT})  # Each store says how far.
SENT = frozenset({Service.COLLECT, Service.PICKUP_POINT})  # Brought to a location, if need be.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counter:
    """Where customers fetch their goods, while people work there."""

    diary: Diary
    work_minutes: int
    within: int | None = None  # Minutes: later than that it is not this service any more.

    def passage(self, now: int) -> Passage:
        ready = self.diary.after(now, self.work_minutes)
        if ready == NEVER or (self.within is not None and ready > now + self.within):
            return Passage(now, NEVER, NEVER)  # In a minute it may be otherwise.
        return Passage(max(now, self._order_by(ready)), ready, ready)

    def _order_by(self, ready: int) -> int:
        return self.diary.before(ready, self.work_minutes)


def counter_of(origin: Origin, service: str) -> Counter:
    """The counter of a location as a service uses it."""
    if service == Service.EXPRESS_COLLECT:
        return Counter(
            diary=origin.diary, work_minutes=origin.express_minutes, within=origin.express_within
        )
    if service == Service.TAKE_AWAY:
        return Counter(diary=origin.diary, work_minutes=0, within=0)
    return Counter(diary=origin.diary, work_minutes=origin.work_minutes)


def hands_over(location: Location, service: str) -> Reason | None:
    """Why customers cannot fetch goods of a service there; None: they can."""
    if location.state != LocationState.OPEN:
        return Reason.NOT_OPEN
    needed = NEEDED.get(service)
    if needed is not None:
        return None if needed in location.capabilities else Reason.NO_CAPABILITY
    if service == Service.PICKUP_POINT:
        receives = Capability.PICKUP_POINT in location.capabilities
        able = receives or location.kind == LocationKind.PICKUP_POINT
    else:
        able = location.kind == LocationKind.STORE
    return None if able else Reason.NO_CAPABILITY


def is_sent(destination: Destination) -> bool:
    """Whether parcels are brought to the location where it is fetched."""
    return destination.is_sent or destination.service == Service.PICKUP_POINT


class Near(NamedTuple):
    """Positions of locations, the nearest first."""

    all: Ints
    pool: Ints  # Those that a channel sells from.


def near(channel: ChannelView, able: Ints, distance_m: Ints, within_m: Ints | int | None) -> Near:
    """Of locations that are able the nearest, so far at most; the bound may be each one's own."""
    if within_m is not None:
        bound = within_m[able] if isinstance(within_m, np.ndarray) else within_m
        able = able[distance_m[able] <= bound]
    found = able[np.argsort(distance_m[able], kind="stable")]
    return Near(found, found[np.isin(found, channel.pool)])
