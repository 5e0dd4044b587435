"""Parcels on their way: labels, manifests, and what carriers tell."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.carrier_pickups import services_of
from ovunque.api.fulfillments_bodies import FulfillmentShown, ParcelShown, place_of, show
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import show_parcel
from ovunque.api.routing import resource
from ovunque.fulfillment.changing_carrier import CarrierRequest
from ovunque.fulfillment.labeling import find_label, find_parcel
from ovunque.fulfillment.listing import complete
from ovunque.fulfillment.model import Heard, Parcel, ParcelState, Word
from ovunque.fulfillment.receiving import ReceiveRequest, receive
from ovunque.fulfillment.rules import ENDED, ON_THE_WAY, pickup_code
from ovunque.fulfillment.tracking import WORDS_MAX, Hearing, TrackRequest, track
from ovunque.integrations.carriers.papers import (
    PDF,
)
from ovunque.kernel.refusal import Fault
from ovunque.orders.carrying import Carriage, carry_otherwise, choose_carriage, list_carriages
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of

router = resource("parcels")

ParcelId = Annotated[UUID, PublicId("par")]
ManifestId = Annotated[UUID, PublicId("man")]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
TOLD = ON_THE_WAY | ENDED
PDF_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


class ReceiptBody(Body):
    """A parcel is scanned at the store where it will be fetched."""

    location: Code
    sscc: Annotated[str, StringConstraints(pattern="^[0-9]{18}$")]


class CarrierEvent(Body):
    """What a carrier saw of a parcel."""

    id: EventId = Field(description="The carrier's own: the same one twice changes nothing.")
    tracking: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    state: Annotated[ParcelState, Field(strict=False)]
    occurred_at: Instant


class CarrierEventsBody(Body):
    carrier: Code
    events: list[CarrierEvent] = Field(min_length=1, max_length=WORDS_MAX)


class CarrierBody(Body):
    """Another service of a carrier, that goes there too."""

    carrier: Code
    service: Code


class CarriageShown(Shown):
    carrier: str
    service: str
    name: str
    arrives_at: Instant = Field(description="If it goes with the next visit.")
    more_cents: int | None = Field(
        description="What it costs more than with who has it now; null: not known."
    )
    more_g: int | None = Field(description="And what it emits more.")


class CarriagesShown(Shown):
    data: list[CarriageShown]


class HearingShown(Shown):
    id: str
    result: Heard
    parcel: ParcelId | None
    state: ParcelState | None


class HearingsShown(Shown):
    """What became of each event, in order."""

    data: list[HearingShown]


@router.get("/parcels/{parcel_id}", dependencies=[need(Scope.FULFILLMENT)])
def get_parcel(parcel_id: ParcelId, call: Caller) -> ParcelShown:
    """One parcel."""
    return parcel_shown(call.read(lambda tx: find_parcel(tx, call.by, parcel_id)))


@router.get("/parcels/{parcel_id}/carriers", dependencies=[need(Scope.FULFILLMENT)])
def get_parcel_carriers(parcel_id: ParcelId, call: Caller) -> CarriagesShown:
    """Who else takes a parcel to where it goes, the earliest arrival first."""
    snapshot = call.services.snapshot()

    def work(tx: Tx) -> tuple[Carriage, ...]:
        return list_carriages(tx, snapshot, find_parcel(tx, call.by, parcel_id), call.now)

    return CarriagesShown(
        data=[
            CarriageShown(
                carrier=each.service.carrier,
                service=each.service.service,
                name=each.service.name,
                arrives_at=each.arrives_at,
                more_cents=each.figures.more_cents,
                more_g=each.figures.more_g,
            )
            for each in call.read(work)
        ]
    )


@router.post(
    "/parcels/{parcel_id}/carriers",
    status_code=201,
    response_model=ParcelShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_parcel_carrier(
    parcel_id: ParcelId, body: CarrierBody, call: Caller, once: Once
) -> Response:
    """Send the same goods with another carrier: the answer is the parcel that goes instead."""
    snapshot = call.services.snapshot()

    def work(tx: Tx) -> ParcelShown:
        carriages = list_carriages(tx, snapshot, find_parcel(tx, call.by, parcel_id), call.now)
        chosen = choose_carriage(carriages, body.carrier, body.service)
        asked = CarrierRequest(
            parcel_id=parcel_id,
            carrier_service_id=chosen.service.id,
            figures=chosen.figures,
            company_prefix=call.services.settings.company_prefix,
            new_id=call.new_id,
        )
        return parcel_shown(carry_otherwise(tx, call.by, asked, call.now))

    return once.run(work)


@router.get(
    "/parcels/{parcel_id}/label",
    dependencies=[need(Scope.FULFILLMENT)],
    response_class=Response,
    responses=PDF_ANSWER,
)
def get_label(parcel_id: ParcelId, call: Caller) -> Response:
    """What is stuck on a parcel, ready to print."""
    media_type, content = call.read(lambda tx: find_label(tx, call.by, parcel_id))
    return Response(content, media_type=media_type)


@router.post(
    "/carrier-events",
    status_code=201,
    response_model=HearingsShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_carrier_events(body: CarrierEventsBody, call: Caller, once: Once) -> Response:
    """Take over what a carrier tells of its parcels, in whatever order it comes."""
    faults = [
        Fault(f"/events/{nth}/state", "not_allowed", "No carrier sees this.")
        for nth, each in enumerate(body.events)
        if each.state not in TOLD
    ]
    if faults:
        raise refusal_of(faults)
    asked = TrackRequest(
        carrier=body.carrier,
        service_ids=services_of(body.carrier, call.services.snapshot()),
        words=[
            Word(
                id=each.id,
                tracking=each.tracking,
                kind=each.state,
                occurred_at=each.occurred_at,
            )
            for each in body.events
        ],
    )
    return once.run(
        lambda tx: HearingsShown(
            data=[hearing_shown(each) for each in track(tx, call.by, asked, call.now)]
        )
    )


@router.post(
    "/parcel-receipts",
    status_code=201,
    response_model=FulfillmentShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_parcel_receipt(body: ReceiptBody, call: Caller, once: Once) -> Response:
    """A parcel has arrived where its customer fetches it; the last one makes it ready."""
    snapshot = call.services.snapshot()
    place = place_of(call, body.location)
    assert place is not None
    asked = ReceiveRequest(
        location_id=place,
        sscc=body.sscc,
        pickup_code=pickup_code(call.services.new_secret()),
    )

    def work(tx: Tx) -> FulfillmentShown:
        received = receive(tx, call.by, asked, call.now)
        return show(complete(tx, [received])[0], snapshot)

    return once.run(work)


def parcel_shown(parcel: Parcel) -> ParcelShown:
    return ParcelShown.model_validate(show_parcel(parcel), from_attributes=True)


def hearing_shown(hearing: Hearing) -> HearingShown:
    parcel = hearing.parcel
    return HearingShown(
        id=hearing.word.id,
        result=hearing.heard,
        parcel=parcel.id if parcel else None,
        state=parcel.state if parcel else None,
    )
