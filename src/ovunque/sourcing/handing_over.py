"""Handing over at a counter: what a location needs for it, and when goods are ready there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ovunque.delivery.model import Service
from ovunque.delivery.rules.arrival import Passage
from ovunque.delivery.rules.diary import NEVER, Diary
from ovunque.delivery.timing import Origin
from ovunque.network.model import Capability, Location, LocationKind, LocationState
from ovunque.sourcing.model import Reason

NEEDED: Mapping[str, Capability] = MappingProxyType(
    {
        Service.COLLECT: Capability.COLLECT,
        Service.EXPRESS_COLLECT: Capability.EXPRESS_COLLECT,
        Service.RESERVE: Capability.RESERVE,
    }
)
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
