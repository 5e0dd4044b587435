"""A parcel is opened again: its label is given back, its contents wait to be packed."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.labeling import ask_back, find_parcel
from ovunque.fulfillment.model import Event, Parcel, ParcelState
from ovunque.fulfillment.store import packing as store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.platform import journal
from ovunque.platform.database import Tx


def unpack(tx: Tx, by: Actor, parcel_id: UUID, now: datetime) -> Parcel:
    """The parcel as nobody will send it; refused once its carrier has it."""
    work = hold(tx, by, find_parcel(tx, by, parcel_id).fulfillment_id)
    parcel = find_parcel(tx, by, parcel_id)
    step = rules.go(work, Event.UNPACK)
    voided = replace(parcel, state=rules.change_parcel(parcel, ParcelState.VOIDED), changed_at=now)
    store.save_parcels(tx, [parcel], [voided])
    lines_store.save_opened(tx, parcel.id, work.id)
    ask_back(tx, parcel, now)
    step_on(tx, [step], now)
    fact = events.told(events.PARCEL_VOIDED, work, [step], parcel=parcel.id)
    journal.record(tx, [fact], by=by.name, at=now)
    return voided
