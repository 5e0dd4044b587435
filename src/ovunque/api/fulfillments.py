"""The work of locations, as programs see it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.call import Call, Caller, need
from ovunque.api.fulfillments_bodies import (
    AcceptBody,
    ExtensionBody,
    FulfillmentId,
    FulfillmentShown,
    HandoverBody,
    PackBody,
    PickBody,
    RejectBody,
    ShortageBody,
    find_and_show,
    place_of,
    show,
)
from ovunque.api.idempotent import Once, OnceOnly
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.catalog.listing import sku_of
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.collecting import CollectRequest, note_wrong_code
from ovunque.fulfillment.listing import list_work
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, Wanted
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.picking_short import ShortRequest, pick_short
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.waiting import ExtendRequest, extend
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.agreeing import hand_out
from ovunque.orders.substituting import SubstituteRequest, substitute
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of
from ovunque.promise.keeping import list_milestones
from ovunque.promise.model import Milestones

router = resource("fulfillments")

WRONG_CODE = "pickup_code_wrong"

R = TypeVar("R", bound=Callable[..., Any])


@router.get("/fulfillments", dependencies=[need(Scope.FULFILLMENT)])
def get_fulfillments(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[FulfillmentState | None, Query(), Field(strict=False)] = None,
) -> Listed[FulfillmentShown]:
    """The work of a location, or of all, oldest first."""
    snapshot = call.services.snapshot()

    def read(tx: Tx) -> tuple[Sequence[Fulfillment], Mapping[UUID, Milestones]]:
        found = list_work(
            tx,
            location_id=place_of(call, location),
            state=state,
            after=page.after_id("ful"),
            limit=page.rows_max,
        )
        return found, list_milestones(tx, [each.id for each in found])

    work, known = call.read(read)
    return page.show(
        work,
        lambda each: show(each, snapshot, known.get(each.id)),
        lambda each: public_id("ful", each.id),
    )


@router.get("/fulfillments/{fulfillment_id}", dependencies=[need(Scope.FULFILLMENT)])
def get_fulfillment(fulfillment_id: FulfillmentId, call: Caller) -> FulfillmentShown:
    """One fulfillment with its lines and offers."""
    snapshot = call.services.snapshot()
    return call.read(lambda tx: find_and_show(tx, call.by, fulfillment_id, snapshot))


def created(path: str) -> Callable[[R], R]:
    """A route that makes something happen to a fulfillment, and shows it afterwards."""
    return router.post(
        f"/fulfillments/{{fulfillment_id}}/{path}",
        status_code=201,
        response_model=FulfillmentShown,
        dependencies=[need(Scope.FULFILLMENT)],
    )


def run(call: Call, once: OnceOnly, fulfillment_id: UUID, work: Callable[[Tx], object]) -> Response:
    """Do it once for each key; the answer is the fulfillment as it stands then."""

    def work_and_show(tx: Tx) -> FulfillmentShown:
        work(tx)
        return find_and_show(tx, call.by, fulfillment_id, call.services.snapshot())

    return once.run(work_and_show)


@created("acceptance")
def post_acceptance(
    fulfillment_id: FulfillmentId, body: AcceptBody, call: Caller, once: Once
) -> Response:
    """Take what was offered: the first one has it, the others are told who that was."""
    at = place_of(call, body.location)

    def take(tx: Tx) -> object:
        return accept(tx, call.by, fulfillment_id, call.now, at)

    return run(call, once, fulfillment_id, take)


@created("rejection")
def post_rejection(
    fulfillment_id: FulfillmentId, body: RejectBody, call: Caller, once: Once
) -> Response:
    """Say no, and why: with the last no its units are sourced again elsewhere within a second."""
    asked = RejectRequest(
        fulfillment_id=fulfillment_id,
        reason=body.reason,
        line_ids=body.lines,
        location_id=place_of(call, body.location),
    )
    return run(call, once, fulfillment_id, lambda tx: reject(tx, call.by, asked, call.now))


@created("picks")
def post_pick(fulfillment_id: FulfillmentId, body: PickBody, call: Caller, once: Once) -> Response:
    """Report units taken from the shelf; the last one makes it picked, or ready to be fetched."""
    if body.line is None and body.barcode is None:
        detail = "Name the line, or scan a barcode."
        raise refusal_of((Fault("/line", "missing", detail),))
    code = pickup_code(call.services.new_secret())

    def work(tx: Tx) -> None:
        sku = sku_of(tx, body.barcode) if body.barcode is not None else None
        picked = Wanted(line_id=body.line, sku=sku, quantity=body.quantity)
        asked = PickRequest(fulfillment_id=fulfillment_id, picked=picked, pickup_code=code)
        pick(tx, call.by, asked, call.now)

    return run(call, once, fulfillment_id, work)


@created("shortages")
def post_shortage(
    fulfillment_id: FulfillmentId, body: ShortageBody, call: Caller, once: Once
) -> Response:
    """Report missing units: they are sourced again elsewhere, or another item goes instead."""
    missing = Wanted(line_id=body.line, sku=body.sku, quantity=body.quantity)
    if body.instead is not None:
        wanted = SubstituteRequest(
            fulfillment_id=fulfillment_id,
            missing=missing,
            reason=body.reason,
            instead=body.instead,
            consent=body.consent,
            new_id=call.new_id,
        )
        return run(call, once, fulfillment_id, lambda tx: substitute(tx, call.by, wanted, call.now))
    asked = ShortRequest(
        fulfillment_id=fulfillment_id,
        missing=missing,
        reason=body.reason,
        pickup_code=pickup_code(call.services.new_secret()),
        new_id=call.new_id,
    )
    return run(call, once, fulfillment_id, lambda tx: pick_short(tx, call.by, asked, call.now))


@created("parcels")
def post_parcel(
    fulfillment_id: FulfillmentId, body: PackBody, call: Caller, once: Once
) -> Response:
    """Close a parcel; its label is bought in the background."""
    asked = PackRequest(
        fulfillment_id=fulfillment_id,
        weight_g=body.weight_g,
        contents=[
            Wanted(line_id=each.line, sku=each.sku, quantity=each.quantity) for each in body.lines
        ]
        if body.lines is not None
        else None,
        company_prefix=call.services.settings.company_prefix,
        new_id=call.new_id,
    )
    return run(call, once, fulfillment_id, lambda tx: pack(tx, call.by, asked, call.now))


@created("extensions")
def post_fulfillment_extension(
    fulfillment_id: FulfillmentId, body: ExtensionBody, call: Caller, once: Once
) -> Response:
    """Keep for a customer what waits for them, some days longer."""
    asked = ExtendRequest(fulfillment_id=fulfillment_id, days=body.days)
    return run(call, once, fulfillment_id, lambda tx: extend(tx, call.by, asked, call.now))


@created("handover")
def post_handover(
    fulfillment_id: FulfillmentId, body: HandoverBody, call: Caller, once: Once
) -> Response:
    """Give a customer what they have come for."""
    if (body.code is None) == (body.identity is None):
        detail = "Give either the code or what showed their identity."
        raise refusal_of((Fault("/code", "missing", detail),))
    asked = CollectRequest(
        fulfillment_id=fulfillment_id,
        code=body.code,
        identity=body.identity,
        collector=body.collector,
    )

    def give(tx: Tx) -> object:
        return hand_out(tx, call.by, asked, call.now)

    def note() -> None:
        call.transact(lambda tx: note_wrong_code(tx, call.by, fulfillment_id, call.now))

    try:
        response = run(call, once, fulfillment_id, give)
    except Refusal as refusal:
        if refusal.code == WRONG_CODE:
            note()
        raise
    if WRONG_CODE.encode() in response.body and "idempotent-replayed" not in response.headers:
        note()
    return response
