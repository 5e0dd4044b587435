"""Holds in the intake: units kept for a cart, and given back, in the batches that take orders."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.network.model import LocationState
from ovunque.network.snapshot import ChannelView
from ovunque.orders import rules
from ovunque.orders.drafting import Placement, TurnedAway
from ovunque.orders.ports import Desk
from ovunque.platform.database import Tx
from ovunque.platform.idempotency import Key as IdempotencyKey
from ovunque.sourcing.planning import Shelf, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.keeping import (
    OWNED_MAX,
    Owner,
    count_owned,
    find_holds,
)
from ovunque.stock.model import Ask, Hold, HoldState, Key, Plan, Reservation

MINUTES_MAX = 24 * 60

Places = Sequence[tuple[UUID, str, int]]  # Location, sku, units.


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A cart to be kept for some minutes; `reference` says whose it is, in the client's words."""

    channel: str
    lines: tuple[tuple[str, int], ...]
    minutes: int
    reference: str = ""
    promise: str | None = None  # The token of the option that is to be kept.


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A hold on its way into a batch, with the units that it hopes for: None, none were seen."""

    id: UUID
    request: HoldRequest
    channel: ChannelView
    units: Mapping[str, int]  # Of components, if there are bundles.
    key: IdempotencyKey
    by: Actor
    plan: Plan | None
    promised: Places = ()  # Where a promise takes them from.
    passed_over: int = 0  # Plans that were gone when their turn came.

    @property
    def owner(self) -> Owner:
        return self.by.client_id, self.request.reference

    def ask(self) -> Ask:
        assert self.plan is not None
        return Ask(plans=(self.plan,), channel_id=self.channel.channel.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """A hold that nobody wants any more."""

    hold_id: UUID
    key: IdempotencyKey
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedHold:
    """A hold as a client asks for it, under the client's key."""

    request: HoldRequest
    key: IdempotencyKey
    by: Actor


def prepare(desk: Desk, asked: AskedHold, now: datetime) -> Holding:
    """The hold checked and planned on the snapshot; refused with all that is wrong at once."""
    snapshot, request = desk.snapshot(), asked.request
    channel = snapshot.network.channels.get(request.channel)
    if channel is None:
        raise _invalid([Fault("/channel", "unknown_reference", "There is no such channel.")])
    faults = [*_faults(request, channel, snapshot)]
    if faults:
        raise _invalid(faults)
    holding = Holding(
        id=desk.new_id(),
        request=request,
        channel=channel,
        units=units_of(request, snapshot),
        key=asked.key,
        by=asked.by,
        plan=None,
        promised=_promised(desk, request, now) if request.promise else (),
    )
    shelf = snapshot_shelf(snapshot, now)
    return replace(holding, plan=plan(desk, holding, shelf, now))


def _invalid(faults: Sequence[Fault]) -> Refusal:
    return Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def _faults(request: HoldRequest, channel: ChannelView, snapshot: Snapshot) -> Iterable[Fault]:
    for nth, (sku, _) in enumerate(request.lines):
        item = snapshot.catalog.items.get(sku)
        if item is None:
            yield Fault(f"/lines/{nth}/sku", "unknown_reference", "There is no such item.")
        elif not channel.channel.lists(item.category):
            yield Fault(f"/lines/{nth}/sku", "not_listed", "This channel does not sell this item.")


def units_of(request: HoldRequest, snapshot: Snapshot) -> Mapping[str, int]:
    """What is to be kept, bundles taken apart."""
    units: Counter[str] = Counter()
    for sku, quantity in request.lines:
        for part, per_set in snapshot.catalog.items[sku].components or ((sku, 1),):
            units[part] += quantity * per_set
    return dict(units)


def _promised(desk: Desk, request: HoldRequest, now: datetime) -> Places:
    """Where a promise takes its units from; refused when it is another cart's."""
    opened = desk.promises.sealer.open(request.promise or "")
    told: Counter[str] = Counter()
    for sku, quantity in request.lines:
        told[sku] += quantity
    if opened.channel != request.channel or dict(opened.lines) != dict(told):
        raise Refusal("promise_invalid", detail="it was made for another cart")
    if opened.expires_at < now:
        raise Refusal("promise_expired")
    return [
        (parcel.location_id, sku, units) for parcel in opened.parcels for sku, units in parcel.units
    ]


def plan(desk: Desk, holding: Holding, shelf: Shelf, now: datetime) -> Plan | None:
    """Where the units are kept: as promised, else together in one place, else in few."""
    rows = {sku: shelf.row(sku, holding.channel) for sku in holding.units}
    network, promised = desk.snapshot().network, holding.promised
    if promised and all(rows[sku][network.position_of[at]] >= units for at, sku, units in promised):
        places = promised
    else:
        open_ = [
            int(at)
            for at in holding.channel.pool
            if network.locations[int(at)].state == LocationState.OPEN
        ]
        found = rules.gather({sku: row[open_].tolist() for sku, row in rows.items()}, holding.units)
        if found is None:
            return None
        places = [(network.locations[open_[at]].id, sku, units) for at, sku, units in found]
    until = now + timedelta(minutes=holding.request.minutes)
    return tuple(
        Reservation(
            id=desk.new_id(),
            line_id=holding.id,
            hold_id=holding.id,
            key=Key(sku, at),
            quantity=units,
            expires_at=until,
        )
        for at, sku, units in places
    )


def hold_of(holding: Holding, now: datetime) -> Hold:
    """The hold as it is written."""
    assert holding.plan is not None
    return Hold(
        id=holding.id,
        channel_id=holding.channel.channel.id,
        client_id=holding.by.client_id,
        reference=holding.request.reference,
        created_at=now,
        expires_at=now + timedelta(minutes=holding.request.minutes),
        lines=holding.request.lines,
        reservations=tuple(
            replace(each, expires_at=now + timedelta(minutes=holding.request.minutes))
            for each in holding.plan
        ),
    )


def out_of_stock(holding: Holding, shelf: Shelf) -> Refusal:
    """Says for each item how many the whole pool could still give."""
    pool = holding.channel.pool
    available = {sku: shelf.total(sku, holding.channel, pool) for sku in holding.units}
    short = [
        f"{sku}: {available[sku]} of {units} available"
        for sku, units in holding.units.items()
        if available[sku] < units
    ]
    return Refusal("out_of_stock", short=", ".join(short) or "no location can keep these")


Entering = Placement | Holding | Releasing | TurnedAway


def list_named(tx: Tx, entries: Iterable[Entering]) -> Mapping[UUID, Hold]:
    """The holds that a batch releases or turns into orders, as they stand."""
    ids: set[UUID] = set()
    for each in entries:
        if isinstance(each, Releasing):
            ids.add(each.hold_id)
        elif isinstance(each, Placement):
            ids.update(holds_of(each))
    return find_holds(tx, ids) if ids else {}


def holds_of(placement: Placement) -> list[UUID]:
    """The holds that an order takes over, by the deliveries that name them."""
    return [each.hold for each in placement.draft.request.deliveries if each.hold is not None]


def refuse(
    tx: Tx, entries: Sequence[Entering], holds: Mapping[UUID, Hold], now: datetime
) -> dict[int, Refusal]:
    """What cannot be done whatever the stock: somebody else's hold, an ended one, too many."""
    owners = Counter(each.owner for each in entries if isinstance(each, Holding))
    owned = Counter(count_owned(tx, owners, now)) if owners else Counter()
    refused: dict[int, Refusal] = {}
    for nth, each in enumerate(entries):
        found: Refusal | None
        if isinstance(each, TurnedAway):
            found = each.refusal
        elif isinstance(each, Holding):
            found = _one_too_many(each, owned)
        elif isinstance(each, Releasing):
            found = _not_to_release(each, holds.get(each.hold_id), now)
        else:
            found = _not_theirs(each, holds)
        if found is not None:
            refused[nth] = found
    return refused


def _one_too_many(holding: Holding, owned: Counter[Owner]) -> Refusal | None:
    owned[holding.owner] += 1
    most = OWNED_MAX[bool(holding.request.reference)]
    return Refusal("too_many_holds", most=most) if owned[holding.owner] > most else None


def _not_to_release(releasing: Releasing, hold: Hold | None, now: datetime) -> Refusal | None:
    if hold is None or hold.client_id != releasing.by.client_id:
        return Refusal("not_found", what="hold")
    state = hold.state(now)
    if state in (HoldState.RELEASED, HoldState.CONVERTED):
        return Refusal("hold_ended", state=state)
    return None


def _not_theirs(placement: Placement, holds: Mapping[UUID, Hold]) -> Refusal | None:
    """An order takes over its own client's holds on its own channel."""
    seller = placement.by.client_id, placement.draft.channel_id
    for hold_id in holds_of(placement):
        hold = holds.get(hold_id)
        if hold is None or (hold.client_id, hold.channel_id) != seller:
            return Refusal("not_found", what="hold")
    return None


def standing_of(placement: Placement, holds: Mapping[UUID, Hold], now: datetime) -> Plan:
    """The units that an order's holds still keep for it; of an ended one none."""
    if not holds:
        return ()
    found = (holds[each] for each in holds_of(placement) if each in holds)
    return tuple(
        each for hold in found if hold.state(now) == HoldState.HELD for each in hold.reservations
    )
