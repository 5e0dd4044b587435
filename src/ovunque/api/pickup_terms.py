"""For how long goods wait for who fetches them, by channel and store."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.fulfillment import waiting
from ovunque.fulfillment.model.waiting import PickupTerm
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.faults import refusal_of

router = resource("locations")

Channel = Annotated[Code | None, Query(description="None: of every channel.")]
Place = Annotated[Code | None, Query(description="None: at every store.")]


class PickupTermBody(Body):
    """Until the end of that day; the customer is reminded so many days before, 0: never."""

    days: int = Field(ge=1, le=60)
    remind_days: int = Field(ge=0, le=60)


class PickupTermShown(Shown):
    channel: str | None
    location: str | None
    days: int
    remind_days: int


class PickupTerms(Shown):
    data: list[PickupTermShown]


@router.get("/pickup-terms", dependencies=[need(Scope.READ)])
def get_pickup_terms(call: Caller) -> PickupTerms:
    """What was said; what says most counts. Where nothing is: 7 days, reminded 2 before."""
    network = call.services.snapshot().network
    channels = {each.channel.id: code for code, each in network.channels.items()}
    places = {each.id: each.code for each in network.locations}
    return PickupTerms(
        data=[
            PickupTermShown(
                channel=channels.get(each.channel_id) if each.channel_id else None,
                location=places.get(each.location_id) if each.location_id else None,
                days=each.days,
                remind_days=each.remind_days,
            )
            for each in call.read(waiting.list_terms)
        ]
    )


@router.put("/pickup-terms", dependencies=[need(Scope.CONFIG)])
def put_pickup_term(
    body: PickupTermBody, call: Caller, channel: Channel = None, location: Place = None
) -> PickupTermShown:
    """Say for how long goods wait; what waits already keeps its day."""
    if body.remind_days > body.days:
        detail = "Nobody is reminded before it is there."
        raise refusal_of((Fault("/remind_days", "out_of_bounds", detail),))
    channel_id, location_id = place(call, channel, location)
    term = PickupTerm(
        channel_id=channel_id,
        location_id=location_id,
        days=body.days,
        remind_days=body.remind_days,
    )
    call.transact(lambda tx: waiting.set_term(tx, call.by, term, call.now))
    return PickupTermShown(
        channel=channel, location=location, days=body.days, remind_days=body.remind_days
    )


@router.delete("/pickup-terms", status_code=204, dependencies=[need(Scope.CONFIG)])
def delete_pickup_term(call: Caller, channel: Channel = None, location: Place = None) -> Response:
    """Take it back: what is said more broadly counts again."""
    where = place(call, channel, location)
    call.transact(lambda tx: waiting.take_back_term(tx, call.by, where, call.now))
    return Response(status_code=204)


def place(call: Call, channel: str | None, location: str | None) -> tuple[UUID | None, UUID | None]:
    """Refused with every name that we do not know."""
    network = call.services.snapshot().network
    faults: list[Fault] = []
    if channel is not None and channel not in network.channels:
        faults.append(unknown("query:channel", "channel"))
    if location is not None and location not in network.by_code:
        faults.append(unknown("query:location", "location"))
    if faults:
        raise refusal_of(faults)
    return (
        network.channels[channel].channel.id if channel else None,
        network.by_code[location].id if location else None,
    )
