"""What a channel may promise of an item by a day: from what is there and what comes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from ovunque.network.snapshot import ChannelView
from ovunque.sourcing.selling import Reach, available, sold_from
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.looking_ahead import AheadView
from ovunque.stock.model.expecting import Ahead
from ovunque.stock.rules import ahead as rules
from ovunque.stock.rules.ahead import Dated, Part

There = Callable[[str], int]  # Units of an item that may be sold now.


@dataclass(frozen=True, slots=True)
class Foresight:
    """What comes and who waits for it, as a channel sees it at a moment."""

    snapshot: Snapshot
    ahead: Ahead | AheadView
    channel: ChannelView
    now: datetime

    def begins(self, sku: str) -> datetime:
        """The first moment from which the channel sells an item: now, or its launch."""
        return sold_from(self.snapshot, self.channel, sku, self.now) or self.now

    def first_day(self, sku: str) -> date:
        """The same as a day: of a launch by the calendars of the places that sell it then."""
        begins = self.begins(sku)
        if begins == self.now:
            return begins.date()
        places = self.snapshot.network.locations
        zones = {places[at].time_zone for at in self.channel.pool.tolist()}
        return max(
            (begins.astimezone(ZoneInfo(zone)).date() for zone in zones), default=begins.date()
        )

    def parts(self, sku: str, there: There) -> list[Part]:
        """An item, or what a bundle is made of."""
        position_of = self.snapshot.network.position_of
        pool = frozenset(self.channel.pool.tolist())
        rivals = rivals_of(self.snapshot, self.channel)
        span = self.now.date(), self.first_day(sku)
        parts: list[Part] = []
        for part, units in components_of(self.snapshot, sku):
            outlook = rules.outlook(
                self.ahead.coming.get(part, ()),
                self.ahead.awaited.get(part, ()),
                lambda at: position_of.get(at, -1) in pool,
                rivals,
                span,
            )
            parts.append((rules.with_units(outlook, there(part)), units))
        return parts


def components_of(snapshot: Snapshot, sku: str) -> tuple[tuple[str, int], ...]:
    """What an item is stocked as."""
    item = snapshot.catalog.items.get(sku)
    return (item.components if item else ()) or ((sku, 1),)


def rivals_of(snapshot: Snapshot, channel: ChannelView) -> Callable[[UUID], bool]:
    """Whether another channel's orders may be served from a channel's own places."""
    pools = {each.channel.id: each.pool for each in snapshot.network.channels.values()}
    known: dict[UUID, bool] = {channel.channel.id: True}

    def is_rival(channel_id: UUID) -> bool:
        found = known.get(channel_id)
        if found is None:
            pool = pools.get(channel_id)
            shared = pool is None or bool(np.isin(pool, channel.pool).any())
            found = known[channel_id] = shared
        return found

    return is_rival


def promisable(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> tuple[Dated, ...]:
    """What may be promised beyond what is available, by the day on which it comes.

    Of what is launched later all of it, by the day of the launch at the earliest.
    """
    seen = _seen(snapshot, reach, now)
    if seen.begins(sku) == now and not _comes(snapshot, sku):
        return ()
    units = available(snapshot, reach, sku, now)
    return rules.promisable(_parts(seen, reach, sku), seen.first_day(sku), units)


def promisable_by(
    snapshot: Snapshot, reach: Reach, sku: str, units: int, now: datetime
) -> date | None:
    """The first day by which so many may be promised on what comes; None: by none."""
    if not _comes(snapshot, sku):
        return None
    seen = _seen(snapshot, reach, now)
    return rules.earliest(_parts(seen, reach, sku), units, seen.first_day(sku))


def _comes(snapshot: Snapshot, sku: str) -> bool:
    return any(part in snapshot.ahead.coming for part, _ in components_of(snapshot, sku))


def _seen(snapshot: Snapshot, reach: Reach, now: datetime) -> Foresight:
    return Foresight(snapshot=snapshot, ahead=snapshot.ahead, channel=reach.channel, now=now)


def _parts(seen: Foresight, reach: Reach, sku: str) -> list[Part]:
    snapshot, begins = seen.snapshot, seen.begins(sku)

    def there(part: str) -> int:
        return available(snapshot, reach, part, begins) if part in snapshot.catalog.items else 0

    return seen.parts(sku, there)
