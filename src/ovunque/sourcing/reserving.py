"""Whether a store may keep goods for a visitor, and until when it has to have looked for them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.customers.model import Collector, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.delivery.rules.arrival import instant_of, minutes_of
from ovunque.delivery.rules.diary import NEVER
from ovunque.fulfillment.reserving import ReserveRequest
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.rules.reserving import ANSWER_MINUTES, STANDS_MAX
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.network.model import Location, LocationState
from ovunque.network.snapshot import ChannelView
from ovunque.sourcing.handing_over import NEEDED
from ovunque.sourcing.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer wants to see at a store, by the retailer's own codes."""

    id: UUID
    channel: str
    location: str
    customer: CustomerRequest
    lines: Sequence[tuple[str, int]]
    comes_at: datetime | None = None
    note: str | None = None
    collector: Collector | None = None


def prepare(
    snapshot: Snapshot, wish: Wish, secret: str, new_id: NewId, now: datetime
) -> ReserveRequest:
    """The request with its ids and its time; refused with all that is wrong at once."""
    channel = snapshot.network.channels.get(wish.channel)
    location = snapshot.network.by_code.get(wish.location)
    faults = [*_of_places(channel, location, snapshot), *_of_time(wish, now)]
    if channel is not None:
        faults += _of_lines(wish, channel, snapshot)
    if faults:
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)
    assert channel is not None
    assert location is not None
    units: Counter[str] = Counter()
    for sku, quantity in wish.lines:
        for part, per_set in snapshot.catalog.items[sku].components or ((sku, 1),):
            units[part] += quantity * per_set
    return ReserveRequest(
        id=wish.id,
        channel_id=channel.channel.id,
        location_id=location.id,
        customer=wish.customer,
        units=units,
        code=pickup_code(secret),
        answer_by=answer_by(snapshot, location.id, now),
        comes_at=wish.comes_at,
        note=wish.note,
        collector=wish.collector,
        new_id=new_id,
    )


def answer_by(snapshot: Snapshot, location_id: UUID, now: datetime) -> datetime:
    """When people have had their time to look for it: nobody looks at night."""
    at = snapshot.lanes.origin(location_id).diary.after(minutes_of(now), ANSWER_MINUTES)
    return now + timedelta(days=1) if at == NEVER else instant_of(at)


def _of_places(
    channel: ChannelView | None, location: Location | None, snapshot: Snapshot
) -> Iterable[Fault]:
    if channel is None:
        yield Fault("/channel", "unknown_reference", "There is no such channel.")
    if location is None:
        yield Fault("/location", "unknown_reference", "There is no such location.")
        return
    is_able = NEEDED[Service.RESERVE] in location.capabilities
    if not is_able or location.state != LocationState.OPEN:
        yield Fault("/location", "not_served", "Nothing can be reserved there today.")
    elif channel is not None and snapshot.network.position_of[location.id] not in channel.pool:
        yield Fault("/location", "not_served", "This channel does not sell what lies there.")


def _of_time(wish: Wish, now: datetime) -> Iterable[Fault]:
    if wish.comes_at is not None and not now <= wish.comes_at <= now + STANDS_MAX:
        days = STANDS_MAX // timedelta(days=1)
        yield Fault("/comes_at", "out_of_bounds", f"A visit is within {days} days from now.")


def _of_lines(wish: Wish, channel: ChannelView, snapshot: Snapshot) -> Iterable[Fault]:
    for nth, (sku, _) in enumerate(wish.lines):
        item = snapshot.catalog.items.get(sku)
        if item is None:
            yield Fault(f"/lines/{nth}/sku", "unknown_reference", "There is no such item.")
        elif not channel.channel.lists(item.category):
            yield Fault(f"/lines/{nth}/sku", "not_listed", "This channel does not sell this item.")
