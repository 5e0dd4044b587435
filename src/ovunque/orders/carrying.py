"""Who else could carry a parcel from where it stands to where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.access.model import SYSTEM, Actor
from ovunque.customers.listing import list_contacts
from ovunque.delivery.model import CarrierService
from ovunque.delivery.rules.arrival import Timetable, if_begun, instant_of, minutes_of, passage
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.timing import Errand
from ovunque.fulfillment.changing_carrier import CarrierRequest, Figures, change_carrier
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Parcel
from ovunque.kernel.refusal import Refusal
from ovunque.orders.addressing import describe
from ovunque.orders.listing import find_order
from ovunque.orders.replanning import destination_of
from ovunque.platform.database import Tx
from ovunque.promise.keeping import look_again
from ovunque.sourcing.model import BIG
from ovunque.sourcing.snapshot import Snapshot

NOT_KNOWN = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """A carrier's service that could take a parcel, and when it would be there."""

    service: CarrierService
    arrives_at: datetime
    figures: Figures  # Of the parcel with it, beside those with who has it now.


def list_carriages(
    tx: Tx, snapshot: Snapshot, parcel: Parcel, now: datetime
) -> tuple[Carriage, ...]:
    """Other services that bear its weight and go there, the earliest arrival first."""
    recipient = describe(tx, snapshot, parcel).recipient
    origin = snapshot.lanes.origin(parcel.location_id)
    prices = _prices(tx, snapshot, parcel)
    now_cents, now_grams = prices.get(parcel.carrier_service_id, NOT_KNOWN)
    found = []
    for service in snapshot.delivery.services:
        bears = parcel.weight_g <= service.parcel_weight_max_g
        if service.id == parcel.carrier_service_id or not bears:
            continue
        if not service.picks_up_in(origin.country):
            continue
        errand = Errand(
            service=service.promise,
            country=recipient.country,
            postal_code=recipient.postal_code,
        )
        table = snapshot.lanes.timetable(origin, service.id, errand)
        arrives = _arrives(table, minutes_of(now)) if table else NEVER
        if arrives != NEVER:
            arrives_at = instant_of(arrives)
            cents, grams = prices.get(service.id, NOT_KNOWN)
            figures = Figures(
                arrives_at=arrives_at,
                more_cents=_less(cents, now_cents),
                more_g=_less(grams, now_grams),
            )
            found.append(Carriage(service=service, arrives_at=arrives_at, figures=figures))
    return tuple(sorted(found, key=lambda each: (each.arrives_at, each.service.key)))


def _arrives(table: Timetable, now: int) -> int:
    """When a parcel that stands here would be there; NEVER: the service has not begun, or ended."""
    way, sooner = passage(table, now), if_begun(table, now)
    return NEVER if sooner is not None and sooner.leaves < way.leaves else way.arrives


def _prices(
    tx: Tx, snapshot: Snapshot, parcel: Parcel
) -> dict[UUID, tuple[int | None, int | None]]:
    """What the parcel costs and emits with each service that takes it, by the tables of today."""
    order = find_order(tx, parcel.order_id)
    work = find_work(tx, SYSTEM, parcel.fulfillment_id)
    delivery = order.deliveries[work.delivery]
    contacts = list_contacts(tx, [delivery.contact_id] if delivery.contact_id else [])
    channel = snapshot.network.channel_of[order.channel_id]
    going = destination_of(order, work.delivery, contacts, is_sent=work.collect_at is not None)
    kinds = {each.promise for each in snapshot.delivery.services}
    ways = [going] if going.location_id else [replace(going, service=each) for each in kinds]
    prices: dict[UUID, tuple[int | None, int | None]] = {}
    for way in ways:
        lanes = snapshot.lanes.to(channel, way)
        footprint, tariff = snapshot.lanes.footprint(lanes, way), lanes.tariff
        band = int(np.searchsorted(tariff.edges_g, parcel.weight_g))
        for row, service_id in enumerate(tariff.service_ids):
            cents = int(tariff.parcel_cents[band, row])
            mine = tariff.location_ids[row] == parcel.location_id
            if mine and service_id is not None and cents < BIG:
                prices[service_id] = (cents, footprint.grams_at(row, parcel.weight_g))
    return prices


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def choose_carriage(carriages: Sequence[Carriage], carrier: str, service: str) -> Carriage:
    """The service that is meant; refused for one that does not go there."""
    for each in carriages:
        if (each.service.carrier, each.service.service) == (carrier, service):
            return each
    raise Refusal("not_found", what="service of a carrier that takes this parcel")


def carry_otherwise(tx: Tx, by: Actor, request: CarrierRequest, now: datetime) -> Parcel:
    """The parcel of the other carrier; whether the promise still holds is seen anew."""
    parcel = change_carrier(tx, by, request, now)
    look_again(tx, [parcel.order_id])
    return parcel
