"""Parcels go to their carrier: each hand-over is the movement of what is inside."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.leaving import Leaving, leave
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Parcel,
    ParcelState,
    Step,
)
from ovunque.fulfillment.store import packing as store
from ovunque.fulfillment.store import planning as planning_store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock.model import MovementKind


def hand_over(
    tx: Tx, by: Actor, parcels: Sequence[Parcel], manifest_id: UUID | None, now: datetime
) -> tuple[Parcel, ...]:
    """The parcels as they are gone; the last one of a fulfillment makes it shipped.

    The caller holds the timelines of their orders, and has read the parcels since.
    """
    if not parcels:
        return ()
    after = [
        replace(
            parcel,
            state=rules.change_parcel(parcel, ParcelState.HANDED_OVER),
            changed_at=now,
            manifest_id=manifest_id,
        )
        for parcel in parcels
    ]
    store.save_parcels(tx, parcels, after)
    inside: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in after:
        inside[parcel.fulfillment_id].append(parcel)
    works = planning_store.list_by_id(tx, list(inside))
    steps = _steps(tx, works)
    step_on(tx, list(steps.values()), now)
    leaving = [Leaving(work=work, lines=_lines(work, inside[work.id])) for work in works]
    facts = [
        events.told(
            events.SHIPPED if work.id in steps else events.PARCELS_HANDED_OVER,
            work,
            [steps[work.id]] if work.id in steps else [],
            parcels=[parcel.id for parcel in inside[work.id]],
            manifest=manifest_id,
        )
        for work in works
    ]
    facts += leave(tx, leaving, MovementKind.SHIPPED, now)
    journal.record(tx, facts, by=by.name, at=now)
    return tuple(after)


def _lines(work: Fulfillment, parcels: Sequence[Parcel]) -> list[FulfillmentLine]:
    ids = {parcel.id for parcel in parcels}
    return [line for line in work.lines if line.parcel_id in ids]


def _steps(tx: Tx, works: Sequence[Fulfillment]) -> dict[UUID, Step]:
    """Those of which nothing is left at their locations."""
    left = {
        parcel.fulfillment_id
        for parcel in store.list_parcels_of(tx, [work.id for work in works])
        if parcel.state in (ParcelState.OPEN, ParcelState.LABELED)
    }
    return {
        work.id: rules.go(work, *rules.after_leaving(work))
        for work in works
        if work.state == FulfillmentState.READY and work.id not in left
    }
