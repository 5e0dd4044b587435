"""What a customer may see of an order by a link: whoever has it, and nobody who guesses.

The link is the id of the order, sealed by the key of the house: nothing is kept of it, it is the
same each time, and it leads nowhere as soon as the customer is forgotten.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from ovunque.customers.listing import find_customer
from ovunque.delivery.model import Service
from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.fulfillment.model import Fulfillment, ParcelState
from ovunque.fulfillment.model.following import Progress
from ovunque.fulfillment.rules.following import progress_of
from ovunque.kernel.freezing import frozen
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.orders.listing import find_order
from ovunque.orders.model import Delivery, Order, OrderStatus
from ovunque.platform.database import Tx
from ovunque.platform.vault import house_vault
from ovunque.sourcing.snapshot import Snapshot

ABOUT = "tracking"
TOKEN = re.compile(r"[A-Za-z0-9_-]{46}")
HOURS_DAYS = 7

Hours = Sequence[tuple[date, Sequence[tuple[datetime, datetime]]]]


@frozen
class ShareRequest:
    """`links`: by carrier, where it tells of a parcel, with `{tracking}` in it."""

    token: str
    snapshot: Snapshot
    links: Mapping[str, str]


@frozen
class SharedParcel:
    state: ParcelState
    carrier: str
    tracking: str | None
    link: str | None


@frozen
class SharedDelivery:
    """Where it goes is told of places of ours alone: whose door it is, the link does not say."""

    nth: int
    service: Service
    progress: Progress
    units: int
    promised: tuple[datetime, datetime] | None
    expected_at: datetime | None
    collect_by: datetime | None
    place: Location | None
    hours: Hours | None  # Of the next days, by the clock there; None: none are told.
    parcels: Sequence[SharedParcel]


@frozen
class SharedOrder:
    number: str
    status: OrderStatus
    first_name: str
    placed_at: datetime
    channel_id: UUID
    deliveries: Sequence[SharedDelivery]


def token_of(order_id: UUID) -> str:
    """What a link to this order ends with."""
    return urlsafe_b64encode(house_vault().seal(ABOUT, order_id.bytes)).decode().rstrip("=")


def order_id_of(token: str) -> UUID | None:
    """The order that a link leads to; none, where nobody of us has made it."""
    if TOKEN.fullmatch(token) is None:
        return None
    found = house_vault().recognize(ABOUT, urlsafe_b64decode(token + "=="))
    return UUID(bytes=found) if found else None


def find_shared(tx: Tx, request: ShareRequest, now: datetime) -> SharedOrder:
    """The order of a link; a link that was made up and one of somebody forgotten look alike."""
    order_id = order_id_of(request.token)
    if order_id is None:
        raise Refusal("not_found", what="order")
    order = find_order(tx, order_id)
    customer = find_customer(tx, order.customer_id)
    if customer.erased_at is not None:
        raise Refusal("not_found", what="order")
    return SharedOrder(
        number=order.number,
        status=order.status,
        first_name=customer.name.split(maxsplit=1)[0],
        placed_at=order.placed_at,
        channel_id=order.channel_id,
        deliveries=tuple(_delivery(order, each, request, now) for each in order.deliveries),
    )


def _delivery(
    order: Order, delivery: Delivery, request: ShareRequest, now: datetime
) -> SharedDelivery:
    lines = [line for line in order.lines if line.delivery == delivery.nth]
    works = [
        work
        for work in order.fulfillments
        if work.delivery == delivery.nth and work.replaced_at is None
    ]
    kept = next((each for each in order.promises if each.delivery == delivery.nth), None)
    arrivals = [work.arrives_at for work in works if work.is_live and work.arrives_at]
    place = place_of(delivery.location_id, request.snapshot)
    return SharedDelivery(
        nth=delivery.nth,
        service=delivery.service,
        progress=progress_of(works, waits=any(line.waiting for line in lines)),
        units=sum(line.ordered - line.canceled for line in lines),
        promised=(kept.earliest, kept.latest) if kept else None,
        expected_at=kept.told if kept and kept.revised else max(arrivals, default=None),
        collect_by=min((work.collect_by for work in works if work.collect_by), default=None),
        place=place,
        hours=hours_of(place, request.snapshot, now) if place else None,
        parcels=tuple(_parcels(works, request)),
    )


def _parcels(works: Sequence[Fulfillment], request: ShareRequest) -> list[SharedParcel]:
    services = {each.id: each for each in request.snapshot.delivery.services}
    found = []
    for parcel in (each for work in works for each in work.parcels):
        if parcel.state == ParcelState.VOIDED:
            continue
        service = services.get(parcel.carrier_service_id)
        link = request.links.get(service.carrier) if service and parcel.tracking else None
        found.append(
            SharedParcel(
                state=parcel.state,
                carrier=service.name if service else "",
                tracking=parcel.tracking,
                link=link and link.replace("{tracking}", quote(parcel.tracking or "", safe="")),
            )
        )
    return found


def place_of(location_id: UUID | None, snapshot: Snapshot) -> Location | None:
    if location_id is None:
        return None
    network = snapshot.network
    return network.locations[network.position_of[location_id]]


def hours_of(place: Location, snapshot: Snapshot, now: datetime) -> Hours | None:
    """When somebody is there in the next days; None: nobody has told it."""
    diary = snapshot.lanes.origin(place.id).diary
    if not diary.tells_hours:
        return None
    first = diary.day_of(minutes_of(now))
    days = [first + timedelta(days=nth) for nth in range(HOURS_DAYS)]
    return tuple(
        (day, tuple((instant_of(opens), instant_of(closes)) for opens, closes in diary.spans(day)))
        for day in days
    )
