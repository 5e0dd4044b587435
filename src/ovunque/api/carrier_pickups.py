"""Carriers' visits to our locations: booked, confirmed, called off."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.fulfillments_bodies import place_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import code_of
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.fulfillment.booking import PickupRequest, book_pickup, cancel_pickup, list_pickups
from ovunque.fulfillment.model import CarrierPickup
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.sourcing.snapshot import Snapshot

router = resource("parcels")

PickupId = Annotated[UUID, PublicId("pic")]


class EmptyBody(Body):
    """Nothing has to be said about it."""


class PickupBody(Body):
    """A carrier will come to a location."""

    location: Code
    carrier: Code
    starts_at: Instant
    ends_at: Instant


class PickupShown(Shown):
    id: PickupId
    location: str
    carrier: str
    starts_at: Instant
    ends_at: Instant
    booked_at: Instant
    booked_by: str
    confirmation: str | None = Field(description="The carrier's number, once it has answered.")
    confirmed_at: Instant | None


@router.post(
    "/carrier-pickups",
    status_code=201,
    response_model=PickupShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_carrier_pickup(body: PickupBody, call: Caller, once: Once) -> Response:
    """Book a carrier's visit to a location."""
    snapshot = call.services.snapshot()
    services_of(body.carrier, snapshot)
    asked = PickupRequest(
        id=call.new_id(),
        location_id=location_of(body.location, snapshot),
        carrier=body.carrier,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return once.run(lambda tx: pickup_shown(book_pickup(tx, call.by, asked, call.now), snapshot))


@router.get("/carrier-pickups", dependencies=[need(Scope.FULFILLMENT)])
def get_carrier_pickups(
    call: Caller, page: Paging, location: Annotated[Code | None, Query()] = None
) -> Listed[PickupShown]:
    """Carriers' visits that are not over, in the order they were booked."""
    snapshot = call.services.snapshot()
    found = call.read(
        lambda tx: list_pickups(
            tx,
            location_id=place_of(call, location),
            since=call.now,
            after=page.after_id("pic"),
            limit=page.rows_max,
        )
    )
    return page.show(
        found, lambda each: pickup_shown(each, snapshot), lambda each: public_id("pic", each.id)
    )


@router.post(
    "/carrier-pickups/{pickup_id}/cancellations",
    status_code=201,
    response_model=PickupShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_pickup_cancellation(
    pickup_id: PickupId, _: EmptyBody, call: Caller, once: Once
) -> Response:
    """Call a visit off: its carrier is told, if it was asked already."""
    snapshot = call.services.snapshot()
    return once.run(
        lambda tx: pickup_shown(cancel_pickup(tx, call.by, pickup_id, call.now), snapshot)
    )


def location_of(code: str, snapshot: Snapshot) -> UUID:
    location = snapshot.network.by_code.get(code)
    if location is None:
        raise Refusal("not_found", what=f"location {code}")
    return location.id


def services_of(carrier: str, snapshot: Snapshot) -> list[UUID]:
    """The services of a carrier; refused when nobody is called so."""
    found = [each.id for each in snapshot.delivery.services if each.carrier == carrier]
    if not found:
        raise Refusal("not_found", what=f"carrier {carrier}")
    return found


def pickup_shown(pickup: CarrierPickup, snapshot: Snapshot) -> PickupShown:
    return PickupShown(
        id=pickup.id,
        location=code_of(pickup.location_id, snapshot),
        carrier=pickup.carrier,
        starts_at=pickup.starts_at,
        ends_at=pickup.ends_at,
        booked_at=pickup.booked_at,
        booked_by=pickup.booked_by,
        confirmation=pickup.confirmation,
        confirmed_at=pickup.confirmed_at,
    )
