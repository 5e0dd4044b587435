"""Goods leave: with carriers, that come at their cut-off and tell what they see; or by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from ovunque.delivery.model import CarrierService
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.leaving import SOURCE
from ovunque.fulfillment.manifesting import MANIFEST_CLOSED
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    Manifest,
    Parcel,
    ParcelState,
    Word,
)
from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact
from ovunque.simulation.history import habits
from ovunque.simulation.history.habits import local
from ovunque.simulation.history.house import House
from ovunque.stock.model import Ending, Key, Move, Movement, MovementKind, StockLevel, Taken

FIRST_SCAN = (4 * 3_600, 11 * 3_600)
HEARD_LATER = (20, 600)


def wait_for_carrier(house: House, parcel: Parcel) -> None:
    """The parcel goes with the carrier's next visit."""
    service = service_of(house, parcel.carrier_service_id)
    waiting = house.waiting[parcel.location_id, service.carrier]
    waiting.append(parcel.id)
    place = house.place(parcel.location_id)
    comes = next_visit(service, ZoneInfo(place.time_zone), house.now)
    house.chronicle.at(comes, lambda: visit(house, parcel.location_id, service.carrier))


def service_of(house: House, service_id: UUID) -> CarrierService:
    return next(each for each in house.snapshot.delivery.services if each.id == service_id)


def next_visit(service: CarrierService, zone: ZoneInfo, now: datetime) -> datetime:
    """When the carrier comes next, by the clocks of the place."""
    day = now.astimezone(zone)
    while True:
        comes = datetime.combine(day.date(), service.cutoff, zone)
        if comes > now and day.isoweekday() in service.pickup_days:
            return comes
        day += timedelta(days=1)


def visit(house: House, location_id: UUID, carrier: str) -> None:
    """As `fulfillment.manifesting.close_manifest`: all that waits for this carrier goes."""
    ids = house.waiting.pop((location_id, carrier), [])
    if not ids:
        return
    by = house.staff[location_id]
    manifest = Manifest(
        id=house.chronicle.new_id(),
        location_id=location_id,
        carrier=carrier,
        pickup_id=None,
        closed_at=house.now,
        closed_by=by,
    )
    house.manifests.append(manifest)
    changed: list[StockLevel] = []
    for id_ in ids:
        changed += hand_over(house, house.parcels[id_], manifest)
    house.chronicle.tell_stock(by, changed)
    body = {"location": location_id, "carrier": carrier, "parcels": ids}
    subject = public_id("man", manifest.id)
    house.chronicle.tell(by, Fact(kind=MANIFEST_CLOSED, subject=subject, body=body))


def hand_over(house: House, parcel: Parcel, manifest: Manifest) -> tuple[StockLevel, ...]:
    """As `fulfillment.handing_over.hand_over`, of the only parcel of its work."""
    gone = replace(
        parcel,
        state=rules.change_parcel(parcel, ParcelState.HANDED_OVER),
        changed_at=house.now,
        manifest_id=manifest.id,
    )
    house.parcels[parcel.id] = gone
    work = house.works[parcel.fulfillment_id]
    step = rules.go(work, Event.SHIP)
    house.step_on(step)
    fact = events.told(events.SHIPPED, work, [step], parcels=[parcel.id], manifest=manifest.id)
    house.chronicle.tell(manifest.closed_by, fact)
    expect_words(house, gone, work)
    return leave(house, work, MovementKind.SHIPPED)


def leave(house: House, work: Fulfillment, kind: MovementKind) -> tuple[StockLevel, ...]:
    """As `fulfillment.leaving.leave`: reservations are consumed, on-hand falls."""
    ask = Move(gives=work.reservations, becomes=Ending.CONSUMED)
    outcomes, claimed = house.ledger.claim([ask])
    assert isinstance(outcomes[0], Taken), "what leaves has been reserved until now"
    movements = [
        Movement(
            id=str(line.reservation_id),
            key=Key(line.sku, work.location_id),
            kind=kind,
            quantity=line.quantity,
            occurred_at=house.now,
        )
        for line in work.lines
    ]
    booked = house.ledger.book(SOURCE, movements, house.now)
    return (*claimed, *booked)


def expect_words(house: House, parcel: Parcel, work: Fulfillment) -> None:
    """What the carrier will tell: seen, out for delivery, at the door; now and then otherwise."""
    due = max(work.arrives_at or house.now, house.now + timedelta(hours=5))
    is_told = house.script_of(work.order_id) is not None
    if not is_told and house.chronicle.chance(habits.DELAY_PERCENT):
        due += timedelta(days=1 if due.isoweekday() < 5 else 3)
    seen = house.now + timedelta(seconds=house.rng.uniform(*FIRST_SCAN))
    out = max(local(due, 7, house.rng.randrange(60)), house.now + timedelta(hours=2))
    arrives = due - timedelta(minutes=house.rng.randrange(10, 8 * 60))
    ends = ending(house, is_told=is_told)
    moments = [
        (min(seen, out - timedelta(minutes=30)), ParcelState.IN_TRANSIT),
        (out, ParcelState.OUT_FOR_DELIVERY),
        *zip(
            (max(arrives, out + timedelta(minutes=20)) + timedelta(days=n) for n in range(9)),
            ends,
            strict=False,
        ),
    ]
    for nth, (when, state) in enumerate(moments):
        expect_word(house, parcel, nth, state, when)
    assert all(one < other for (one, _), (other, _) in pairwise(moments)), moments


def expect_word(house: House, parcel: Parcel, nth: int, state: ParcelState, when: datetime) -> None:
    house.chronicle.at(when, lambda: hear(house, parcel.id, nth, state))


def ending(house: House, *, is_told: bool) -> Sequence[ParcelState]:
    if is_told:
        return (ParcelState.DELIVERED,)
    if house.chronicle.chance(habits.LOST_PERCENT):
        return (ParcelState.EXCEPTION, ParcelState.LOST)
    if house.chronicle.chance(habits.SENT_BACK_PERCENT):
        return (ParcelState.FAILED_ATTEMPT, ParcelState.RETURNED_TO_SENDER)
    if house.chronicle.chance(habits.FAILED_ATTEMPT_PERCENT):
        return (ParcelState.FAILED_ATTEMPT, ParcelState.DELIVERED)
    return (ParcelState.DELIVERED,)


def hear(house: House, parcel_id: UUID, nth: int, state: ParcelState) -> None:
    """As `fulfillment.tracking.track`, one word at a time."""
    parcel = house.parcels[parcel_id]
    assert parcel.tracking is not None
    carrier = service_of(house, parcel.carrier_service_id).carrier
    saw = house.now - timedelta(seconds=house.rng.randrange(*HEARD_LATER))
    occurred_at = max(saw, parcel.told_at or saw)
    word = Word(
        id=f"{parcel.tracking}-{nth}",
        tracking=parcel.tracking,
        kind=state,
        occurred_at=occurred_at,
    )
    house.words.append((carrier, parcel_id, word, house.now))
    parcel = replace(
        parcel,
        state=rules.change_parcel(parcel, state),
        told_at=occurred_at,
        changed_at=house.now,
    )
    house.parcels[parcel_id] = parcel
    work = house.works[parcel.fulfillment_id]
    ends = rules.arrival(work, [parcel])
    steps = [rules.go(work, *ends)] if ends else []
    for step in steps:
        house.step_on(step)
    kind = events.KINDS_OF_ENDS[steps[0].after] if steps else events.PARCEL_TOLD
    said = [{"parcel": parcel_id, "state": state}]
    house.chronicle.tell(carrier, events.told(kind, work, steps, parcels=said))


def expect_customer(house: House, work_id: UUID) -> None:
    """Somebody comes to fetch what is ready; some never do."""
    is_told = house.script_of(house.works[work_id].order_id) is not None
    if is_told or not house.chronicle.chance(habits.NEVER_FETCHED_PERCENT):
        comes = house.now + timedelta(seconds=house.rng.uniform(*habits.FETCH))
        hour = house.rng.randrange(10, 20)
        house.chronicle.at(
            local(comes, hour, house.rng.randrange(60)), lambda: fetch(house, work_id)
        )


def fetch(house: House, work_id: UUID) -> None:
    """As `fulfillment.collecting.collect`: the customer says the code."""
    work = house.works[work_id]
    step = rules.go(work, Event.COLLECT)
    house.step_on(step)
    by = house.staff[work.location_id]
    house.chronicle.tell(by, events.told(events.COLLECTED, work, [step], shown="code"))
    house.chronicle.tell_stock(by, leave(house, work, MovementKind.COLLECTED))
