"""Lines that wait for goods: promised a day on what comes, and served when it has come.

The promise is decided under the items' rows, before levels are locked: of the last unit that comes
one is made. A day is told only if all units of a line that wait may be promised by it; else they
wait without one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from ovunque.catalog.listing import list_components
from ovunque.network.snapshot import ChannelView
from ovunque.orders.looking import look
from ovunque.orders.model import Order, OrderLine
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.foreseeing import Foresight, components_of
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import expecting
from ovunque.stock.model.expecting import Ahead, Awaited
from ovunque.stock.rules.ahead import earliest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Units of a line, about to be back-ordered, that no location has."""

    line_id: UUID
    sku: str
    units: int
    channel: ChannelView


def promise_ahead(
    tx: Tx, snapshot: Snapshot, lacking: Sequence[Lacking], now: datetime, *, anew: bool = False
) -> dict[UUID, date]:
    """The day on which each can be expected, first come, first served; no day: by nothing known.

    Anew: these wait already, and what they were promised stands in nobody's way.
    """
    if not lacking:
        return {}
    skus = {part for each in lacking for part, _ in components_of(snapshot, each.sku)}
    found = expecting.look_ahead(tx, skus)
    again = {each.line_id for each in lacking} if anew else set()
    awaited = {
        sku: tuple(each for each in rows if each.line_id not in again)
        for sku, rows in found.awaited.items()
    }
    ahead = Ahead(coming=found.coming, awaited=awaited)
    seen = {each.line_id: Foresight(snapshot, ahead, each.channel, now) for each in lacking}
    shelves = _shelves(tx, lacking, seen, now)
    days: dict[UUID, date] = {}
    for each in lacking:
        day = _day_of(each, seen[each.line_id], shelves)
        if day is not None:
            days[each.line_id] = day
        for part, units in components_of(snapshot, each.sku):
            waits = Awaited(each.line_id, part, each.channel.channel.id, units * each.units, day)
            awaited[part] = (*awaited.get(part, ()), waits)
    return days


def _shelves(
    tx: Tx, lacking: Sequence[Lacking], seen: Mapping[UUID, Foresight], now: datetime
) -> dict[datetime, Shelf]:
    """What is there by the first moment of sale, where that counts.

    Of a bundle only some parts may have to come; of what is launched later nothing may have to.
    """
    named: dict[datetime, set[str]] = {}
    for each in lacking:
        snapshot = seen[each.line_id].snapshot
        begins = seen[each.line_id].begins(each.sku)
        counts = begins > now or is_bundle(snapshot, each.sku)
        parts = {part for part, _ in components_of(snapshot, each.sku)} if counts else set()
        named.setdefault(begins, set()).update(parts)
    snapshot = next(iter(seen.values())).snapshot
    return {at: look(tx, snapshot, skus, at) for at, skus in named.items()}


def _day_of(each: Lacking, seen: Foresight, shelves: Mapping[datetime, Shelf]) -> date | None:
    """What is there counts if the line lacks something else: a part, or the launch."""
    begins = seen.begins(each.sku)
    counts = begins > seen.now or is_bundle(seen.snapshot, each.sku)

    def there(part: str) -> int:
        return shelves[begins].total(part, each.channel, each.channel.pool) if counts else 0

    return earliest(seen.parts(each.sku, there), each.units, seen.first_day(each.sku))


def is_bundle(snapshot: Snapshot, sku: str) -> bool:
    return components_of(snapshot, sku) != ((sku, 1),)


def wait(tx: Tx, lines: Iterable[tuple[UUID, OrderLine]]) -> list[Fact]:
    """These lines, each with its channel, wait as they stand now: for units, or for nothing."""
    told = list(lines)
    if not told:
        return []
    parts = list_components(tx, {line.sku for _, line in told})
    awaited = [
        Awaited(line.id, sku, channel_id, units * line.waiting, line.expected_on)
        for channel_id, line in told
        if line.waiting
        for sku, units in parts.get(line.sku) or ((line.sku, 1),)
    ]
    return expecting.wait_for(tx, [line.id for _, line in told], awaited)


def lines_of(orders: Iterable[Order]) -> list[tuple[UUID, OrderLine]]:
    """The lines of orders that wait, with their channels."""
    return [(each.channel_id, line) for each in orders for line in each.lines if line.waiting]


def more_unplaced(order: Order, units: Mapping[UUID, int]) -> list[tuple[UUID, OrderLine]]:
    """The lines of an order with units more that no location serves."""
    return [
        (order.channel_id, replace(line, unplaced=line.unplaced + units[line.id]))
        for line in order.lines
        if line.id in units
    ]


def served(order: Order, units: Mapping[UUID, int]) -> list[tuple[UUID, OrderLine]]:
    """The lines of an order with units less that wait: back-ordered ones first."""
    return [
        (order.channel_id, _less(line, units[line.id])) for line in order.lines if line.id in units
    ]


def _less(line: OrderLine, units: int) -> OrderLine:
    came = min(line.backordered, units)
    left = line.backordered - came
    return replace(
        line,
        backordered=left,
        unplaced=line.unplaced - (units - came),
        expected_on=line.expected_on if left else None,
    )


def waiting_longest(orders: Iterable[Order], line_ids: Collection[UUID]) -> list[Order]:
    """Orders by the day that they were promised, then in the order in which they were placed."""

    def place(order: Order) -> tuple[date, UUID]:
        mine = [line for line in order.lines if line.id in line_ids and line.waiting]
        return min(
            ((line.expected_on or date.max, order.id) for line in mine),
            default=(date.max, order.id),
        )

    return sorted(orders, key=place)
