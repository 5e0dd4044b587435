"""Reserve & collect: goods that a store sets aside for somebody who comes to try them."""

from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Short, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.customers import (
    CollectorBody,
    CollectorShown,
    CustomerBody,
    collector_of,
    show_collector,
)
from ovunque.api.feeds import Nothing, code_of
from ovunque.api.fulfillments_bodies import Units, Why, place_of
from ovunque.api.idempotent import Once, OnceOnly
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.customers.model import CustomerRequest
from ovunque.fulfillment import reserving, setting_aside, visiting
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.model.reserving import StoreReservation, StoreReservationState
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.sourcing.reserving import Wish, prepare

router = resource("store reservations")
FULFILLMENT, ORDERS = [need(Scope.FULFILLMENT)], [need(Scope.ORDERS)]
LINES_MAX = 50
PATH = "/store-reservations/{reservation_id}"

ReservationId = Annotated[UUID, PublicId("sre")]


class UnitsOf(Body):
    sku: Code
    quantity: Units


class CountedUnits(Body):
    sku: Code
    quantity: int = Field(ge=0, le=10_000)


Counted = Annotated[list[CountedUnits], Field(max_length=LINES_MAX)]


class ReservationBody(Body):
    channel: Code
    location: Code
    customer: CustomerBody
    lines: Annotated[list[UnitsOf], Field(min_length=1, max_length=LINES_MAX)]
    comes_at: Instant | None = Field(default=None, description="When the customer means to come.")
    note: Annotated[Name, Field(max_length=500)] | None = None
    collector: CollectorBody | None = None


class SetAsideBody(Body):
    """What was found; what was not is no longer kept, and its reason says why."""

    lines: Counted | None = Field(default=None, description="None: all of it.")
    reason: Why = Reason.NOT_FOUND
    shelf: Annotated[Short, Field(max_length=20)] | None = None


class DeclineBody(Body):
    reason: Why


class VisitBody(Body):
    """What the customer bought: the till books it, the rest is on sale again."""

    bought: Counted | None = Field(default=None, description="None: all that was set aside.")


class ReservedLineShown(Shown):
    sku: str
    quantity: int
    found: int | None
    bought: int | None


class StoreReservationShown(Shown):
    """What a store keeps for a visit; the clock starts when it is set aside."""

    id: ReservationId
    channel: str
    location: str
    customer: str
    state: StoreReservationState
    code: str = Field(description="The customer says it at the counter.")
    lines: list[ReservedLineShown]
    requested_at: Instant
    answer_by: Instant
    comes_at: Instant | None
    stands_until: Instant | None
    shelf: str | None
    note: str | None
    collector: CollectorShown | None
    reason: str | None


@router.post(
    "/store-reservations",
    status_code=201,
    response_model=StoreReservationShown,
    dependencies=ORDERS,
)
def post_store_reservation(body: ReservationBody, call: Caller, once: Once) -> Response:
    """Ask a store to set goods aside: their units are kept from now on, all of them or none."""
    wish = Wish(
        id=call.new_id(),
        channel=body.channel,
        location=body.location,
        customer=CustomerRequest(**body.customer.model_dump()),
        lines=[(each.sku, each.quantity) for each in body.lines],
        comes_at=body.comes_at,
        note=body.note,
        collector=collector_of(body.collector),
    )
    services = call.services

    def work(tx: Tx) -> StoreReservationShown:
        snapshot, secret = services.snapshot(), services.new_secret()
        request = prepare(snapshot, wish, secret, services.new_id, call.now)
        return show(reserving.reserve(tx, call.by, request, call.now), call)

    return once.run(work)


@router.get("/store-reservations", dependencies=FULFILLMENT)
def get_store_reservations(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[StoreReservationState | None, Query(), Field(strict=False)] = None,
) -> Listed[StoreReservationShown]:
    """What stores keep for visits, oldest first."""
    at, behind = place_of(call, location), (page.after_id("sre"), page.rows_max)
    found = call.read(lambda tx: reserving.list_reservations(tx, at, state, behind))
    return page.show(found, lambda each: show(each, call), lambda each: public_id("sre", each.id))


@router.get(PATH, dependencies=FULFILLMENT)
def get_store_reservation(reservation_id: ReservationId, call: Caller) -> StoreReservationShown:
    """One of them as it stands."""
    return show(call.read(lambda tx: reserving.find_reservation(tx, call.by, reservation_id)), call)


@router.post(
    f"{PATH}/set-asides",
    status_code=201,
    response_model=StoreReservationShown,
    dependencies=FULFILLMENT,
)
def post_reservation_set_aside(
    reservation_id: ReservationId, body: SetAsideBody, call: Caller, once: Once
) -> Response:
    """Say what was found and where it waits; nothing found means that the store declines."""
    request = setting_aside.AsideRequest(
        reservation_id=reservation_id,
        found=units_of(body.lines),
        reason=body.reason,
        shelf=body.shelf,
        new_id=call.new_id,
    )
    return run(call, once, lambda tx: setting_aside.keep_for_visit(tx, call.by, request, call.now))


@router.post(
    f"{PATH}/declines",
    status_code=201,
    response_model=StoreReservationShown,
    dependencies=FULFILLMENT,
)
def post_reservation_decline(
    reservation_id: ReservationId, body: DeclineBody, call: Caller, once: Once
) -> Response:
    """The store says no, and why."""

    def work(tx: Tx) -> StoreReservation:
        return setting_aside.decline(tx, call.by, reservation_id, body.reason, call.now)

    return run(call, once, work)


@router.post(
    f"{PATH}/visit",
    status_code=201,
    response_model=StoreReservationShown,
    dependencies=FULFILLMENT,
)
def post_reservation_visit(
    reservation_id: ReservationId, body: VisitBody, call: Caller, once: Once
) -> Response:
    """The customer was there: what was bought, the rest is on sale again at once."""
    request = visiting.VisitRequest(reservation_id=reservation_id, bought=units_of(body.bought))
    return run(call, once, lambda tx: visiting.conclude_visit(tx, call.by, request, call.now))


@router.post(
    f"{PATH}/cancellations",
    status_code=201,
    response_model=StoreReservationShown,
    dependencies=ORDERS,
)
def post_reservation_cancellation(
    reservation_id: ReservationId, _: Nothing, call: Caller, once: Once
) -> Response:
    """The customer does not come: what was set aside goes back to its shelf."""
    return run(call, once, lambda tx: visiting.cancel(tx, call.by, reservation_id, call.now))


def run(call: Call, once: OnceOnly, work: Callable[[Tx], StoreReservation]) -> Response:
    return once.run(lambda tx: show(work(tx), call))


def units_of(told: Sequence[CountedUnits] | None) -> dict[str, int] | None:
    """Units by item, each named once."""
    if told is None:
        return None
    units = {each.sku: each.quantity for each in told}
    if len(units) < len(told):
        raise Refusal("invalid", detail="Each item is named once.")
    return units


def show(kept: StoreReservation, call: Call) -> StoreReservationShown:
    network = call.services.snapshot().network
    return StoreReservationShown(
        id=kept.id,
        channel=network.channel_of[kept.channel_id].channel.code,
        location=code_of(call, kept.location_id),
        customer=public_id("cus", kept.customer_id),
        state=kept.state,
        code=kept.code,
        lines=[
            ReservedLineShown(
                sku=line.sku, quantity=line.quantity, found=line.found, bought=line.bought
            )
            for line in kept.lines
        ],
        requested_at=kept.requested_at,
        answer_by=kept.answer_by,
        comes_at=kept.comes_at,
        stands_until=kept.stands_until,
        shelf=kept.shelf,
        note=kept.note,
        collector=show_collector(kept.collector),
        reason=kept.reason,
    )
