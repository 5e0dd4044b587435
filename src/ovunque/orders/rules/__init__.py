"""Where the units of order lines are, counted in the work that serves them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from ovunque.delivery.model import Service
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Stage,
    Unpicked,
)
from ovunque.orders.model import GONE, Delivery, Order, OrderLine
from ovunque.promise.rules.milestones import STEPS
from ovunque.sourcing.model import Destination, Shipment, Supply
from ovunque.stock.model import Key

# From the least to the most; what is delivered and what is collected have arrived alike.
COURSE = (Stage.RESERVED, Stage.IN_WORK, Stage.SHIPPED)
ARRIVED = (Stage.DELIVERED, Stage.COLLECTED)

Parts = Mapping[str, Counter[Stage]]  # Units of each item of a line, by stage.

NO_TIME = timedelta(0)
SHIPPING = "shipping"  # The kind of charge that a promise has a price for.


def parts_of(fulfillments: Iterable[Fulfillment]) -> dict[UUID, dict[str, Counter[Stage]]]:
    """Units of each line and item by stage, of all work that is live."""
    parts: dict[UUID, dict[str, Counter[Stage]]] = {}
    for work in fulfillments:
        if not work.is_live or work.stage is None:
            continue
        for line in work.lines:
            stages = parts.setdefault(line.line_id, {}).setdefault(line.sku, Counter())
            stages[work.stage] += line.quantity
    return parts


def at_work(line: OrderLine, parts: Parts) -> dict[Stage, int]:
    """How far a line's units have come; a set is as far as the last of its components."""
    if not parts:
        return {}
    if set(parts) == {line.sku}:
        return {stage: units for stage, units in parts[line.sku].items() if units}
    sets: dict[Stage, int] = {}
    left = line.placed
    for nth, stage in enumerate(COURSE):
        further = min(
            _beyond(stages, nth) * line.placed // stages.total() for stages in parts.values()
        )
        if left > further:
            sets[stage] = left - further
        left = min(left, further)
    arrived = next(
        (each for each in ARRIVED if any(stages[each] for stages in parts.values())), None
    )
    return sets | ({arrived: left} if arrived is not None and left else {})


def _beyond(stages: Counter[Stage], nth: int) -> int:
    """Units of an item that have come further than a point of the course."""
    return stages.total() - sum(stages[stage] for stage in COURSE[: nth + 1])


def set_of(line: OrderLine, parts: Parts, sku: str) -> int:
    """How many units of an item make one of the line."""
    total = parts[sku].total()
    assert line.placed > 0, "a line with work has units at work"
    assert total % line.placed == 0, "a bundle is at work in whole sets"
    return total // line.placed


def with_work(
    lines: Iterable[OrderLine], fulfillments: Iterable[Fulfillment]
) -> tuple[OrderLine, ...]:
    """The lines with how far their units have come."""
    parts = parts_of(fulfillments)
    return tuple(replace(line, at_work=at_work(line, parts.get(line.id, {}))) for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Units of one item of a line that wait to be sourced again.

    Whole sets of a bundle are served together or not at all. Where other components are at work
    elsewhere, each part is sought for itself, and never given up: a set must be completed.
    """

    key: UUID  # What planning calls it: the line, or a part of its own.
    line_id: UUID
    delivery: int
    sku: str
    quantity: int
    set_of: int
    is_whole: bool


def wants(order: Order, waiting: Iterable[Fulfillment]) -> tuple[Want, ...]:
    """What the waiting fulfillments of an order ask for."""
    parts, ids = parts_of(order.fulfillments), {work.id for work in waiting}
    mine: dict[UUID, Counter[str]] = {}
    keys: dict[tuple[UUID, str], UUID] = {}
    for work in order.fulfillments:
        for row in work.lines if work.id in ids else ():
            mine.setdefault(row.line_id, Counter())[row.sku] += row.quantity
            keys.setdefault((row.line_id, row.sku), row.reservation_id)
    found: list[Want] = []
    for line in order.lines:
        units = mine.get(line.id, Counter())
        per_set = {sku: set_of(line, parts[line.id], sku) for sku in parts.get(line.id, {})}
        sets = min((units[sku] // per for sku, per in per_set.items()), default=0)
        is_whole = all(units[sku] == sets * per for sku, per in per_set.items())
        found += [
            Want(
                key=line.id if is_whole else keys[line.id, sku],
                line_id=line.id,
                delivery=line.delivery,
                sku=sku,
                quantity=quantity,
                set_of=per_set[sku] if is_whole else 1,
                is_whole=is_whole,
            )
            for sku, quantity in units.items()
        ]
    return tuple(found)


def collected_at(going: Destination | Delivery, shipment: Shipment) -> UUID | None:
    """The store where parcels from elsewhere are fetched; None: they go to a door, or lie there."""
    sent = going.service == Service.COLLECT and shipment.carrier_service_id is not None
    return going.location_id if sent else None


def offered_at(now: datetime, leaves_at: datetime, grace: timedelta) -> datetime:
    """When somebody is asked for new work: after its grace, which takes none of the work's time.

    Accepting is the first of four steps that share the time until it leaves evenly.
    """
    return now + min(grace, max(leaves_at - now, NO_TIME) / STEPS) if grace else now


def left_over(
    wanted: Iterable[Want], unmet: Iterable[Supply]
) -> tuple[dict[UUID, int], dict[tuple[UUID, str], int]]:
    """Of what nobody can serve: sets given up by line, and parts that go on waiting."""
    by_key = {(want.key, want.sku): want for want in wanted}
    given_up: dict[UUID, int] = {}
    waiting: dict[tuple[UUID, str], int] = {}
    for supply in unmet:
        want = by_key[supply.line_id, supply.sku]
        if want.is_whole:
            sets = supply.quantity // want.set_of
            given_up[want.line_id] = max(sets, given_up.get(want.line_id, 0))
        else:
            waiting[want.line_id, want.sku] = supply.quantity
    return given_up, waiting


def keep(
    waiting: Iterable[Fulfillment], parts: Mapping[tuple[UUID, str], int]
) -> dict[UUID, list[FulfillmentLine]]:
    """Which rows of waiting fulfillments stay where they are, by fulfillment."""
    left = Counter(parts)
    kept: dict[UUID, list[FulfillmentLine]] = {}
    for work in waiting:
        for row in work.lines:
            units = min(row.quantity, left[row.line_id, row.sku])
            if units:
                left[row.line_id, row.sku] -= units
                kept.setdefault(work.id, []).append(replace(row, quantity=units, picked=0))
    return kept


def losers(
    gaps: Mapping[Key, int], waiting: Iterable[tuple[datetime, Unpicked]]
) -> list[tuple[Unpicked, int]]:
    """Whose units give way to shortages, and how many: the loosest promise first.

    Given are units with the moment they were promised for; of equal promises the younger claim
    loses. What waits to be sourced again has given way already.
    """
    told = list(waiting)
    left = dict(gaps)
    for _, each in told:
        if each.is_waiting:
            left[each.key] -= each.quantity
    lost: list[tuple[Unpicked, int]] = []
    for _, each in sorted(told, key=lambda pair: (pair[0], pair[1].reservation_id), reverse=True):
        units = min(left[each.key], each.quantity)
        if units > 0 and not each.is_waiting:
            left[each.key] -= units
            lost.append((each, units))
    return lost


def to_cancel(order: Order) -> frozenset[UUID]:
    """The reservations of an order that can still be given up.

    What has left has left. A set of which a part has left is completed, and a parcel that holds
    a part of such a set goes out as it is.
    """
    rows = [
        (work, row)
        for work in order.fulfillments
        if work.is_live and work.stage not in GONE
        for row in work.lines
    ]
    gone = {parcel.id for work, _ in rows for parcel in work.parcels if parcel.state.is_gone}
    bundles = {line.id for line in order.lines if is_bundle(order, line)}
    left = {row.line_id for work in order.fulfillments if work.stage in GONE for row in work.lines}
    spared_lines = bundles & (left | {row.line_id for _, row in rows if row.parcel_id in gone})
    spared_parcels = set(gone)
    while True:
        spared = {
            row.reservation_id
            for _, row in rows
            if row.line_id in spared_lines or row.parcel_id in spared_parcels
        }
        parcels = {
            row.parcel_id
            for _, row in rows
            if row.reservation_id in spared and row.parcel_id is not None
        }
        lines = bundles & {row.line_id for _, row in rows if row.reservation_id in spared}
        if parcels <= spared_parcels and lines <= spared_lines:
            return frozenset(row.reservation_id for _, row in rows) - spared
        spared_parcels |= parcels
        spared_lines |= lines


def is_wanted(order: Order, delivery: int) -> bool:
    """Whether not all of a delivery was canceled."""
    return any(line.ordered > line.canceled for line in order.lines if line.delivery == delivery)


def discount_of(line: OrderLine, units: int) -> int:
    """The share of its discount that the next canceled units of a line had.

    Taken away one after the other they have had all of it together: no cent is lost in between.
    """
    gone = line.canceled + units
    return line.discount * gone // line.ordered - line.discount * line.canceled // line.ordered


def is_bundle(order: Order, line: OrderLine) -> bool:
    """Whether a line is stocked as other items than itself: its work tells."""
    return any(
        row.line_id == line.id and row.sku != line.sku
        for work in order.fulfillments
        for row in work.lines
    )


def canceled_units(order: Order, reservation_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many of each line are canceled with these reservations, and what waited for none."""
    units: dict[UUID, Counter[str]] = {}
    for work in order.fulfillments:
        for row in work.lines:
            if row.reservation_id in reservation_ids:
                units.setdefault(row.line_id, Counter())[row.sku] += row.quantity
    parts = parts_of(order.fulfillments)
    canceled: dict[UUID, int] = {}
    for line in order.lines:
        mine = units.get(line.id, Counter())
        sets = {quantity // set_of(line, parts[line.id], sku) for sku, quantity in mine.items()}
        assert len(sets) <= 1, "sets are canceled whole"
        total = sum(sets) + line.unplaced + line.backordered
        if total:
            canceled[line.id] = total
    return canceled


def given_up(order: Order, works: Iterable[Fulfillment]) -> dict[UUID, int] | None:
    """Units by line that are not owed any more without these works; None: half a set would be.

    Of a set whose other part was fetched before, or was lost on its way, nothing is given up: the
    line is as far as that part.
    """
    mine, every = parts_of(works), parts_of(order.fulfillments)
    units: dict[UUID, int] = {}
    for line in order.lines:
        if line.id not in mine:
            continue
        parts = every[line.id]
        less = {sku: mine[line.id].get(sku, Counter()).total() for sku in parts}
        sets = min(less[sku] // set_of(line, parts, sku) for sku in parts)
        left = line.placed - sets
        rest = [parts[sku].total() - less[sku] for sku in parts]
        if any(each % left if left else each for each in rest):
            return None
        if sets:
            units[line.id] = sets
    return units


def gather(
    rows: Mapping[str, Sequence[int]], wanted: Mapping[str, int]
) -> list[tuple[int, str, int]] | None:
    """Units by place: all from the fullest place that has everything, else item by item.

    Item by item the fullest places come first, so that few are needed. None: there is too little.
    """
    places = range(len(next(iter(rows.values()))))
    able = [at for at in places if all(rows[sku][at] >= n for sku, n in wanted.items())]
    if able:
        best = max(able, key=lambda at: (sum(row[at] for row in rows.values()), -at))
        return [(best, sku, units) for sku, units in wanted.items()]
    found: list[tuple[int, str, int]] = []
    for sku, units in wanted.items():
        left = units
        for at in sorted(places, key=lambda at, row=rows[sku]: (-row[at], at)):  # type: ignore[misc]
            took = min(left, max(0, rows[sku][at]))
            if took:
                found.append((at, sku, took))
                left -= took
        if left:
            return None
    return found


def shipping_of(order: Order) -> int | None:
    """What an order charges for its delivery; None: it does not say."""
    told = [each.amount for each in order.charges if each.kind == SHIPPING]
    return sum(told) if told else None


LATE_AGAIN = timedelta(days=7)  # So long nobody is told again that their goods are late.


def slips(before: date | None, after: date | None, today: date) -> bool:
    """Whether a day has passed without goods, which are expected today for want of better."""
    return before is not None and after is not None and before < today and after <= today


ENDED = frozenset(
    {
        FulfillmentState.COLLECTED,
        FulfillmentState.UNCOLLECTED,
        FulfillmentState.DELIVERED,
        FulfillmentState.RESTOCKED,
        FulfillmentState.LOST,
    }
)
ON_ITS_WAY = frozenset(
    {
        FulfillmentState.SHIPPED,
        FulfillmentState.AWAITING_ARRIVAL,
        FulfillmentState.FAILED,
        FulfillmentState.RETURNING,
    }
)
ON_ITS_WAY_MAX = timedelta(days=30)  # Of a parcel of which nobody says that it arrived, or is back.


def is_under_way(order: Order, now: datetime) -> bool:
    """Whether somebody still works on it, waits for it, or carries it."""
    if any(line.waiting for line in order.lines):
        return True
    return any(
        work.state not in ENDED
        and not (work.state in ON_ITS_WAY and now - work.changed_at > ON_ITS_WAY_MAX)
        for work in order.fulfillments
        if work.is_live
    )
