"""What a shortage costs: units that nobody has picked yet give way, and are sourced again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import closing, events, rules
from ovunque.fulfillment.closing import told_to
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Step,
    Unpicked,
    WithdrawReason,
)
from ovunque.fulfillment.picking_short import split_off
from ovunque.fulfillment.relocating import others
from ovunque.fulfillment.splitting import cut
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.fulfillment.store import planning as store
from ovunque.kernel.ids import NewId
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock.model import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveWayRequest:
    """Units by reservation that their level does not have; the caller holds their orders."""

    units: Mapping[UUID, int]
    secret: str = field(repr=False)  # Drawn by the caller: codes come of it.
    new_id: NewId


def list_unpicked(tx: Tx, keys: Sequence[Key]) -> tuple[Unpicked, ...]:
    """Reserved units of some levels that are on their shelf, or wait to be sourced again."""
    return store.list_unpicked(tx, keys)


def give_way(
    tx: Tx, by: Actor, works: Collection[Fulfillment], request: GiveWayRequest, now: datetime
) -> None:
    """These units are nobody's work any more; they wait to be sourced again."""
    facts = [fact for work in works if (fact := _give_way(tx, by, work, request, now)) is not None]
    journal.record(tx, facts, by=by.name, at=now)


def _give_way(
    tx: Tx, by: Actor, work: Fulfillment, request: GiveWayRequest, now: datetime
) -> Fact | None:
    units = {
        line.reservation_id: request.units[line.reservation_id]
        for line in work.lines
        if line.reservation_id in request.units
    }
    if not units:
        return None
    skus = sorted({line.sku for line in work.lines if line.reservation_id in units})
    work, gone = cut(tx, work, units, request.new_id, now)
    lost = tuple(line for line in work.lines if line.reservation_id in gone)
    kept = tuple(line for line in work.lines if line.reservation_id not in gone)
    sibling: Fulfillment | None = None
    told: dict[str, list[UUID]] = {}
    if kept:
        step = _go_on(work, kept)
        sibling = split_off(tx, work, lost, request.new_id(), now)
    else:
        taken = work.state in (FulfillmentState.ACCEPTED, FulfillmentState.PICKING)
        step = rules.go(work, Event.WITHDRAW if taken else Event.REJECT)
        offers = offers_store.list_offers(tx, [work.id])
        closed = closing.withdraw(tx, by.name, offers, WithdrawReason.SHORTAGE.value, now)
        told = told_to(others(work, closed))
    step_on(tx, [step], now)
    if step.after == FulfillmentState.READY:
        code = rules.pickup_code(f"{request.secret} {work.id}")  # Each has one of its own.
        lines_store.save_pickup_code(tx, work.id, code, now)
    return events.told(
        events.SHORT,
        work,
        [step],
        skus=skus,
        quantity=sum(units.values()),
        reason=WithdrawReason.SHORTAGE,
        blame=rules.WITHDRAWN_BY[WithdrawReason.SHORTAGE],
        begun=sibling,
        **told,
    )


def _go_on(work: Fulfillment, kept: Sequence[FulfillmentLine]) -> Step:
    """What is left may be all picked by now."""
    if work.state != FulfillmentState.PICKING:
        return Step(fulfillment_id=work.id, states=(work.state,))
    return rules.go(work, Event.PICK, *rules.after_picking(work, kept))
