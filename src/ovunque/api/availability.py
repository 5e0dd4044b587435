"""What can be sold now, from memory: product pages and carts never touch the database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import services_of
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.kernel.refusal import Fault
from ovunque.network.model import Capability, LocationState
from ovunque.network.snapshot import ChannelView, NetworkView
from ovunque.platform.http.faults import refusal_of
from ovunque.sourcing.snapshot import Snapshot

SKUS_MAX = 500
SERVICES = ("home", "express", "collect")
JSON = "application/json"

_encode = msgspec.json.Encoder().encode


class AvailableAt(msgspec.Struct, kw_only=True):
    location: str
    available: int


class ItemAvailability(msgspec.Struct, kw_only=True, omit_defaults=True):
    sku: str
    available: int
    locations: list[AvailableAt] | None = None


class AvailabilityProblem(msgspec.Struct, kw_only=True):
    code: str
    pointer: str
    detail: str


class Availability(msgspec.Struct, kw_only=True):
    """Units that a channel may sell now; `version` is how far the answer has seen the journal."""

    channel: str
    version: str
    as_of: datetime
    items: list[ItemAvailability]
    problems: list[AvailabilityProblem]


async def get_availability(request: Request, _: Actor) -> Response:
    """Units that a channel may sell now, of up to 500 items."""
    services, query = services_of(request), request.query_params
    snapshot = services.snapshot()
    channel = snapshot.network.channels.get(query.get("channel", ""))
    if channel is None:
        raise refusal_of(
            (Fault("query:channel", "unknown_reference", "There is no such channel."),)
        )
    skus = query.getlist("sku")
    if not 1 <= len(skus) <= SKUS_MAX:
        raise refusal_of((Fault("query:sku", "out_of_bounds", f"Name 1 to {SKUS_MAX} items."),))
    pool = pool_of(channel, snapshot.network, query.get("service"))
    detailed = detail_of(query.get("detail"))
    known = [sku for sku in skus if sku in snapshot.catalog.items]
    answer = Availability(
        channel=channel.channel.code,
        version=str(snapshot.version),
        as_of=services.clock(),
        items=[
            show_available(snapshot, sku, (channel.channel.id, services.clock()), pool, detailed)
            for sku in known
        ],
        problems=[
            AvailabilityProblem(
                code="unknown_reference",
                pointer=f"query:sku/{nth}",
                detail="There is no such item.",
            )
            for nth, sku in enumerate(skus)
            if sku not in snapshot.catalog.items
        ],
    )
    return Response(_encode(answer), media_type=JSON)


def pool_of(channel: ChannelView, network: NetworkView, service: str | None) -> Sequence[int]:
    """Where a channel's units may lie for a service: positions, in the order of their codes."""
    if service not in (None, *SERVICES):
        raise refusal_of((Fault("query:service", "not_allowed", "There is no such service."),))
    places = [(int(at), network.locations[at]) for at in channel.pool]
    if service in ("home", "express"):
        return [at for at, place in places if place.is_shipping]
    needed = {Capability.COLLECT} if service == "collect" else set()
    return [
        at
        for at, place in places
        if place.state == LocationState.OPEN and needed <= set(place.capabilities)
    ]


def detail_of(text: str | None) -> bool:
    if text not in (None, "locations"):
        raise refusal_of((Fault("query:detail", "not_allowed", "Only `locations` is known."),))
    return text is not None


def show_available(
    snapshot: Snapshot,
    sku: str,
    seller: tuple[UUID, datetime],
    pool: Sequence[int],
    detailed: bool,
) -> ItemAvailability:
    """An item's units in a pool; of a bundle as many as its scarcest part makes, per location."""
    parts = snapshot.catalog.items[sku].components or ((sku, 1),)
    rows = [snapshot.sellable(part, *seller) // units for part, units in parts]
    at = np.minimum.reduce(rows)[list(pool)] if pool else np.zeros(0, np.int64)
    shown = None
    if detailed:
        codes = [snapshot.network.locations[position].code for position in pool]
        shown = [
            AvailableAt(location=code, available=int(units))
            for code, units in zip(codes, at, strict=True)
            if units
        ]
    return ItemAvailability(sku=sku, available=int(at.sum()), locations=shown)


ROUTES = (
    HotRoute(
        method="GET",
        path="/v1/availability",
        endpoint=get_availability,
        scope=Scope.READ,
        tag="availability",
        summary="What a channel may sell now",
        response=Availability,
        parameters=(
            Parameter(name="channel", schema={"type": "string"}, required=True),
            Parameter(
                name="sku",
                schema={
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": SKUS_MAX,
                },
                required=True,
            ),
            Parameter(name="detail", schema={"type": "string", "enum": ["locations"]}),
            Parameter(name="service", schema={"type": "string", "enum": [*SERVICES]}),
        ),
    ),
)
