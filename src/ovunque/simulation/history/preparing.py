"""Work is done at its location: picked, now and then short, packed and labeled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ovunque.fulfillment import events, rules
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Parcel,
    ParcelState,
)
from ovunque.fulfillment.ports import Label
from ovunque.kernel.gs1 import check_digit, sscc
from ovunque.network.model import LocationKind
from ovunque.simulation.history import carrying, habits, offering
from ovunque.simulation.history.house import House

WORKED_ON = (FulfillmentState.ACCEPTED, FulfillmentState.PICKING)
PACKAGING_G = 120
BY_HAND = "text/plain"


WAITS_FOR = timedelta(days=7)  # Until somebody fetches it.


def begin(house: House, work_id: UUID) -> None:
    """The work was taken: somebody goes to the shelves."""
    house.chronicle.within(*habits.BEGIN_PICKING, lambda: go_on(house, work_id))


def go_on(house: House, work_id: UUID) -> None:
    """The next line is picked, or is not there."""
    work = house.works[work_id]
    if work.state not in WORKED_ON:
        return
    line = next(line for line in work.lines if line.picked < line.quantity)
    if is_missing(house, work):
        short(house, work, line)
    else:
        pick(house, work, line)
    after = house.works[work_id]
    if after.state in WORKED_ON:
        house.chronicle.within(*habits.NEXT_PICK, lambda: go_on(house, work_id))
    elif after.state == FulfillmentState.PICKED:
        house.chronicle.within(*habits.PACK, lambda: pack(house, work_id))
    elif after.state == FulfillmentState.READY:
        carrying.expect_customer(house, work_id)


def is_missing(house: House, work: Fulfillment) -> bool:
    is_store = house.place(work.location_id).kind == LocationKind.STORE
    by_chance = is_store and house.chronicle.chance(habits.SHORT_PERCENT)
    return by_chance and house.script_of(work.order_id) is None


def pick(house: House, work: Fulfillment, line: FulfillmentLine) -> None:
    """As `fulfillment.picking.pick`, all units of a line at once."""
    lines = tuple(replace(row, picked=row.quantity) if row == line else row for row in work.lines)
    step = rules.go(work, Event.PICK, *rules.after_picking(work, lines))
    _picked(house, work, lines, step.after)
    house.step_on(step)
    fact = events.told(
        events.KINDS_OF_PICKS[step.after],
        work,
        [step],
        line=line.line_id,
        sku=line.sku,
        quantity=line.quantity,
    )
    house.chronicle.tell(house.staff[work.location_id], fact)


def _picked(
    house: House,
    work: Fulfillment,
    lines: Sequence[FulfillmentLine],
    state: FulfillmentState,
) -> None:
    code = work.pickup_code
    if state == FulfillmentState.READY:
        code = rules.pickup_code(str(house.rng.getrandbits(64)))
    until = house.now + WAITS_FOR if state == FulfillmentState.READY else work.collect_by
    house.works[work.id] = replace(work, lines=tuple(lines), pickup_code=code, collect_by=until)


def short(house: House, work: Fulfillment, line: FulfillmentLine) -> None:
    """As `fulfillment.picking_short.pick_short`, of a whole line."""
    reason = offering.draw(house, habits.SHORT_REASONS)
    kept = tuple(row for row in work.lines if row != line)
    sibling = split_off(house, work, line) if kept else None
    if sibling is None:
        step = rules.go(work, Event.REJECT)
    else:
        step = rules.go(work, Event.PICK, *rules.after_picking(work, kept))
        _picked(house, work, kept, step.after)
    house.step_on(step)
    by = house.staff[work.location_id]
    fact = events.told(
        events.SHORT,
        work,
        [step],
        line=line.line_id,
        sku=line.sku,
        quantity=line.quantity,
        reason=reason,
        blame=rules.EFFECTS[reason].blame,
        begun=sibling,
    )
    house.chronicle.tell(by, fact)
    house.chronicle.tell_stock(by, offering.put_out_of_sale(house, work, [line], reason))
    house.chronicle.within(*habits.SWEEP, lambda: offering.source_again(house, work.order_id))


def split_off(house: House, work: Fulfillment, line: FulfillmentLine) -> Fulfillment:
    """As `fulfillment.picking_short.split_off`: a sibling that waits to be sourced again."""
    sibling = replace(
        work,
        id=house.chronicle.new_id(),
        state=FulfillmentState.REJECTED,
        planned_at=house.now,
        changed_at=house.now,
        resource_at=house.now,
        arrives_at=None,
        cost_cents=None,
        emissions_g=None,
        lines=(replace(line, picked=0, parcel_id=None),),
    )
    house.add_work(sibling)
    return sibling


def pack(house: House, work_id: UUID) -> None:
    """As `fulfillment.packing.pack`: all of it into one parcel, whose label is bought at once."""
    work = house.works[work_id]
    if work.state != FulfillmentState.PICKED:
        return
    assert work.carrier_service_id is not None
    items = house.snapshot.catalog.items
    weight_g = sum(items[line.sku].weight_g * line.quantity for line in work.lines)
    parcel = Parcel(
        id=house.chronicle.new_id(),
        fulfillment_id=work.id,
        order_id=work.order_id,
        location_id=work.location_id,
        carrier_service_id=work.carrier_service_id,
        state=ParcelState.OPEN,
        weight_g=weight_g + PACKAGING_G,
        sscc=sscc(house.company_prefix, house.serial()),
        tracking=None,
        opened_at=house.now,
        changed_at=house.now,
    )
    lines = tuple(replace(line, parcel_id=parcel.id) for line in work.lines)
    house.works[work.id] = replace(work, lines=lines)
    step = rules.go(work, Event.PACK)
    packed = house.step_on(step)
    units = [
        {"line": line.line_id, "sku": line.sku, "quantity": line.quantity} for line in work.lines
    ]
    fact = events.told(
        events.PARCEL_OPENED, work, [step], parcel=parcel.id, sscc=parcel.sscc, units=units
    )
    house.chronicle.tell(house.staff[work.location_id], fact)
    label(house, packed, parcel)


def label(house: House, work: Fulfillment, parcel: Parcel) -> None:
    """As `fulfillment.labeling.label`."""
    tracking = tracking_of(parcel)
    labeled = replace(
        parcel, state=rules.change_parcel(parcel, ParcelState.LABELED), tracking=tracking
    )
    house.parcels[parcel.id] = labeled
    house.labels[parcel.id] = Label(
        tracking=tracking,
        media_type=BY_HAND,
        content=f"{tracking}\nSSCC {parcel.sscc}\n{parcel.weight_g} g\n".encode(),
    )
    step = rules.go(work, Event.LABEL)
    house.step_on(step)
    fact = events.told(events.PARCEL_LABELED, work, [step], parcel=parcel.id, tracking=tracking)
    house.chronicle.tell("system", fact)
    carrying.wait_for_carrier(house, labeled)


def tracking_of(parcel: Parcel) -> str:
    """As the demo's carriers number their parcels: by our serial."""
    serial = parcel.sscc[-10:-1]
    return f"OV{serial}{check_digit(serial)}"
