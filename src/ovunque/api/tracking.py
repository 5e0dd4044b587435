"""An order as its customer may see it by the link that the shop sends: no key, no contact data."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor
from ovunque.api.call import services_of
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.turns import turn
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import ParcelState
from ovunque.fulfillment.model.following import Progress
from ovunque.orders.model import OrderStatus
from ovunque.orders.sharing import SharedDelivery, SharedOrder, ShareRequest, find_shared

JSON = "application/json"
PATH = "/v1/tracking/{token}"
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class TrackedParcel(Struct, kw_only=True):
    """`link`: where its carrier tells of it, if the house knows."""

    state: ParcelState
    carrier: str
    tracking: str | None
    link: str | None


class OpenSpan(Struct, kw_only=True):
    opens_at: datetime
    closes_at: datetime


class OpenDay(Struct, kw_only=True):
    """A day by the clock of the place; no spans: closed."""

    day: date
    spans: list[OpenSpan]


class TrackedPlace(Struct, kw_only=True):
    """Where goods are fetched; `hours`: of the next days, null where nobody has told them."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    hours: list[OpenDay] | None


class TrackedPromise(Struct, kw_only=True):
    earliest: datetime
    latest: datetime


class TrackedDelivery(Struct, kw_only=True):
    """`expected_at`: the date that was told since, else when it is planned to arrive."""

    service: Service
    progress: Progress
    units: int
    promised: TrackedPromise | None
    expected_at: datetime | None
    collect_by: datetime | None
    place: TrackedPlace | None
    parcels: list[TrackedParcel]


class TrackingShown(Struct, kw_only=True):
    """An order without contact data: of its customer the first name alone."""

    number: str
    status: OrderStatus
    first_name: str
    placed_at: datetime
    deliveries: list[TrackedDelivery]


async def get_tracking(request: Request, _: Actor) -> Response:
    """What may be seen of an order by its link."""
    services = services_of(request)
    asked = ShareRequest(
        token=request.path_params["token"],
        snapshot=services.snapshot(),
        links=services.settings.tracking_links,
    )
    now = services.clock()
    async with turn():
        found = await run_in_threadpool(
            services.database.read, lambda tx: find_shared(tx, asked, now)
        )
    return Response(msgspec.json.encode(show(found)), headers=HEADERS, media_type=JSON)


def show(order: SharedOrder) -> TrackingShown:
    return TrackingShown(
        number=order.number,
        status=order.status,
        first_name=order.first_name,
        placed_at=order.placed_at,
        deliveries=[show_delivery(each) for each in order.deliveries],
    )


def show_delivery(delivery: SharedDelivery) -> TrackedDelivery:
    promised = delivery.promised
    return TrackedDelivery(
        service=delivery.service,
        progress=delivery.progress,
        units=delivery.units,
        promised=TrackedPromise(earliest=promised[0], latest=promised[1]) if promised else None,
        expected_at=delivery.expected_at,
        collect_by=delivery.collect_by,
        place=show_place(delivery),
        parcels=[
            TrackedParcel(
                state=each.state, carrier=each.carrier, tracking=each.tracking, link=each.link
            )
            for each in delivery.parcels
        ],
    )


def show_place(delivery: SharedDelivery) -> TrackedPlace | None:
    place = delivery.place
    if place is None:
        return None
    return TrackedPlace(
        name=place.name,
        street=place.street,
        postal_code=place.postal_code,
        city=place.city,
        country=place.country,
        hours=None if delivery.hours is None else [show_day(*each) for each in delivery.hours],
    )


def show_day(day: date, spans: Sequence[tuple[datetime, datetime]]) -> OpenDay:
    told = [OpenSpan(opens_at=opens, closes_at=closes) for opens, closes in spans]
    return OpenDay(day=day, spans=told)


ROUTES = (
    HotRoute(
        method="GET",
        path=PATH,
        endpoint=get_tracking,
        scope=None,
        tag="orders",
        summary="Follow an order by its link",
        description=(
            "Without a key: the token is the last part of `links.tracking` of an order. It shows "
            "no contact data but a first name, and nothing as soon as the customer is forgotten."
        ),
        response=TrackingShown,
        parameters=(
            Parameter(name="token", where="path", required=True, schema={"type": "string"}),
        ),
    ),
)
