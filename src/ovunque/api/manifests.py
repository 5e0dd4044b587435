"""Manifests: what went with a carrier's visit, on paper and signed for."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.carrier_pickups import PickupId, location_of, services_of
from ovunque.api.fulfillments_bodies import ParcelShown, place_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import code_of
from ovunque.api.paging import Listed, Paging
from ovunque.api.parcels import PDF_ANSWER, ParcelId, parcel_shown
from ovunque.api.routing import resource
from ovunque.fulfillment import manifesting
from ovunque.fulfillment.manifesting import (
    PARCELS_MAX,
    Closed,
    ManifestRequest,
    SignRequest,
    close_manifest,
    sign,
)
from ovunque.fulfillment.model import Manifest
from ovunque.fulfillment.model.signing import PEN, PEN_LENGTH_MAX, ManifestFilter
from ovunque.integrations.carriers.papers import (
    PDF,
    ManifestPaper,
    ManifestRow,
    draw_manifest,
)
from ovunque.kernel.ids import public_id
from ovunque.orders.listing import list_by_id
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot

router = resource("parcels")

ManifestId = Annotated[UUID, PublicId("man")]


class ManifestBody(Body):
    """A carrier is here: what goes with it is handed over."""

    location: Code
    carrier: Code
    pickup: PickupId | None = None
    parcels: Annotated[list[ParcelId], Field(min_length=1, max_length=PARCELS_MAX)] | None = Field(
        default=None, description="Which go; none: all labeled ones that wait for this carrier."
    )


class ManifestNamed(Shown):
    """What a manifest is, without its parcels."""

    id: ManifestId
    location: str
    carrier: str
    pickup: PickupId | None
    closed_at: Instant
    closed_by: str
    signed_by: str | None = Field(description="Who took the parcels, once they have signed.")
    signed_at: Instant | None


class ManifestShown(ManifestNamed):
    parcels: list[ParcelShown]


class ManifestListed(ManifestNamed):
    parcel_count: int = Field(description="The manifest itself shows which.")


class SignatureBody(Body):
    """Whoever takes the parcels signs for them."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    drawing: Annotated[str, StringConstraints(pattern=PEN, max_length=PEN_LENGTH_MAX)] | None = (
        Field(default=None, description="The path of a pen on 300 by 100 points, as SVG has it.")
    )


@router.post(
    "/manifests",
    status_code=201,
    response_model=ManifestShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_manifest(body: ManifestBody, call: Caller, once: Once) -> Response:
    """Hand parcels over to a carrier: their units leave the stock of the location."""
    snapshot = call.services.snapshot()
    asked = ManifestRequest(
        id=call.new_id(),
        location_id=location_of(body.location, snapshot),
        carrier=body.carrier,
        service_ids=services_of(body.carrier, snapshot),
        pickup_id=body.pickup,
        parcel_ids=body.parcels,
    )
    return once.run(
        lambda tx: manifest_shown(close_manifest(tx, call.by, asked, call.now), snapshot)
    )


@router.get("/manifests", dependencies=[need(Scope.FULFILLMENT)])
def get_manifests(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    carrier: Annotated[Code | None, Query()] = None,
    signed: Annotated[bool | None, Query()] = None,
) -> Listed[ManifestListed]:
    """Manifests of a location, or of all, the newest first."""
    snapshot = call.services.snapshot()
    wanted = ManifestFilter(location_id=place_of(call, location), carrier=carrier, signed=signed)
    before = page.after_id("man")
    found = call.read(lambda tx: manifesting.list_manifests(tx, wanted, before, page.rows_max))
    return page.show(
        found,
        lambda each: ManifestListed(**named(each[0], snapshot), parcel_count=each[1]),
        lambda each: public_id("man", each[0].id),
    )


@router.get("/manifests/{manifest_id}", dependencies=[need(Scope.FULFILLMENT)])
def get_manifest(manifest_id: ManifestId, call: Caller) -> ManifestShown:
    """One manifest with its parcels."""
    closed = call.read(lambda tx: manifesting.find_manifest(tx, call.by, manifest_id))
    return manifest_shown(closed, call.services.snapshot())


@router.post(
    "/manifests/{manifest_id}/signature",
    status_code=201,
    response_model=ManifestShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_manifest_signature(
    manifest_id: ManifestId, body: SignatureBody, call: Caller, once: Once
) -> Response:
    """Sign for the parcels of a manifest; it is signed once."""
    asked = SignRequest(manifest_id=manifest_id, name=body.name, signature=body.drawing or None)

    def work(tx: Tx) -> ManifestShown:
        sign(tx, call.by, asked, call.now)
        found = manifesting.find_manifest(tx, call.by, manifest_id)
        return manifest_shown(found, call.services.snapshot())

    return once.run(work)


@router.get(
    "/manifests/{manifest_id}/document",
    dependencies=[need(Scope.FULFILLMENT)],
    response_class=Response,
    responses=PDF_ANSWER,
)
def get_manifest_document(manifest_id: ManifestId, call: Caller) -> Response:
    """A manifest on paper, for two signatures."""
    return Response(
        draw_manifest(call.read(lambda tx: paper(tx, call, manifest_id))), media_type=PDF
    )


def manifest_shown(closed: Closed, snapshot: Snapshot) -> ManifestShown:
    return ManifestShown(
        **named(closed.manifest, snapshot), parcels=[parcel_shown(each) for each in closed.parcels]
    )


def named(manifest: Manifest, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "location": code_of(manifest.location_id, snapshot),
        "carrier": manifest.carrier,
        "pickup": manifest.pickup_id,
        "closed_at": manifest.closed_at,
        "closed_by": manifest.closed_by,
        "signed_by": manifest.signed_by,
        "signed_at": manifest.signed_at,
    }


def paper(tx: Tx, call: Call, manifest_id: UUID) -> ManifestPaper:
    """A manifest as it is printed."""
    closed = manifesting.find_manifest(tx, call.by, manifest_id)
    snapshot, manifest = call.services.snapshot(), closed.manifest
    numbers = {
        order.id: order.number
        for order in list_by_id(tx, [parcel.order_id for parcel in closed.parcels])
    }
    network = snapshot.network
    return ManifestPaper(
        number=public_id("man", manifest.id),
        carrier=manifest.carrier,
        location=network.locations[network.position_of[manifest.location_id]].name,
        closed_at=manifest.closed_at,
        closed_by=manifest.closed_by,
        signed_by=manifest.signed_by,
        signature=manifest.signature,
        rows=[
            ManifestRow(
                tracking=parcel.tracking or "",
                sscc=parcel.sscc,
                order=numbers[parcel.order_id],
                weight_g=parcel.weight_g,
            )
            for parcel in closed.parcels
        ],
    )
