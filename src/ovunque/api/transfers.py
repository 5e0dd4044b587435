"""Goods between our locations: planned, dispatched, received, with what is missing."""

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.feeds import Nothing, code_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.naming import place_named
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.faults import refusal_of
from ovunque.stock import transferring
from ovunque.stock.model.feeding import Transfer, TransferFilter, TransferState
from ovunque.stock.transferring import LINES_MAX, TransferRequest, TransferStep

TransferId = Annotated[UUID, PublicId("trf")]
External = Annotated[str, StringConstraints(pattern="^[!-~]{1,100}$")]
READ, STOCK = [need(Scope.READ)], [need(Scope.STOCK)]

router = resource("stock")


class UnitsBody(Body):
    sku: Code
    quantity: int = Field(ge=1, le=1_000_000)


Lines = Annotated[list[UnitsBody], Field(min_length=1, max_length=LINES_MAX)]


class TransferBody(Body):
    external_id: External | None = None
    from_: Code = Field(alias="from")
    to: Code
    lines: Lines
    expected_at: Instant | None = None


class DispatchBody(Body):
    lines: Lines | None = Field(default=None, description="None: all as planned.")


class ReceiptBody(Body):
    lines: list[UnitsBody] | None = Field(
        default=None, max_length=LINES_MAX, description="None: all that is under way."
    )
    last: bool = Field(default=True, description="What has not come by then is missing.")


class TransferLineShown(Shown):
    sku: str
    planned: int
    dispatched: int
    received: int
    under_way: int
    missing: int = Field(description="Below zero: more came than had left.")


class TransferShown(Shown):
    id: TransferId
    external_id: str | None
    from_: str = Field(serialization_alias="from")
    to: str
    state: TransferState
    lines: list[TransferLineShown]
    expected_at: Instant | None
    planned_at: Instant
    dispatched_at: Instant | None
    closed_at: Instant | None


@router.post("/transfers", status_code=201, response_model=TransferShown, dependencies=STOCK)
def post_transfer(body: TransferBody, call: Caller, once: Once) -> Response:
    """Plan goods from one location to another."""
    if body.from_ == body.to:
        raise refusal_of((Fault("/to", "contradiction", "It is there already."),))
    request = TransferRequest(
        id=call.new_id(),
        external_id=body.external_id,
        from_id=place_of(call, body.from_, "/from"),
        to_id=place_of(call, body.to, "/to"),
        units=units_of(call, body.lines),
        expected_at=body.expected_at,
    )
    return once.run(
        lambda tx: show(transferring.plan_transfer(tx, call.by, request, call.now), call)
    )


@router.post(
    "/transfers/{transfer_id}/dispatch",
    status_code=201,
    response_model=TransferShown,
    dependencies=STOCK,
)
def post_transfer_dispatch(
    transfer_id: TransferId, body: DispatchBody, call: Caller, once: Once
) -> Response:
    """Say that it has left, as planned or as it really was."""
    units = None if body.lines is None else units_of(call, body.lines)
    step = TransferStep(transfer_id=transfer_id, units=units)
    return once.run(
        lambda tx: show(transferring.dispatch_transfer(tx, call.by, step, call.now), call)
    )


@router.post(
    "/transfers/{transfer_id}/receipts",
    status_code=201,
    response_model=TransferShown,
    dependencies=STOCK,
)
def post_transfer_receipt(
    transfer_id: TransferId, body: ReceiptBody, call: Caller, once: Once
) -> Response:
    """Say what has come; after the last of it the difference is missing."""
    units = None if body.lines is None else units_of(call, body.lines)
    step = TransferStep(transfer_id=transfer_id, units=units, last=body.last)
    return once.run(
        lambda tx: show(transferring.receive_transfer(tx, call.by, step, call.now), call)
    )


@router.post(
    "/transfers/{transfer_id}/cancellations",
    status_code=201,
    response_model=TransferShown,
    dependencies=STOCK,
)
def post_transfer_cancellation(
    transfer_id: TransferId, _: Nothing, call: Caller, once: Once
) -> Response:
    """Say that it does not leave after all."""
    return once.run(
        lambda tx: show(transferring.cancel_transfer(tx, call.by, transfer_id, call.now), call)
    )


@router.get("/transfers", dependencies=READ)
def get_transfers(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[TransferState | None, Query()] = None,
) -> Listed[TransferShown]:
    """Transfers from or to a location, newest first."""
    at = place_named(call, location)
    behind = (page.after_id("trf"), page.rows_max)
    found = call.read(
        lambda tx: transferring.list_transfers(
            tx, call.by, TransferFilter(location_id=at, state=state), behind
        )
    )
    return page.show(found, lambda each: show(each, call), lambda each: public_id("trf", each.id))


@router.get("/transfers/{transfer_id}", dependencies=READ)
def get_transfer(transfer_id: TransferId, call: Caller) -> TransferShown:
    """One transfer, and where its units are."""
    return show(call.read(lambda tx: transferring.find_transfer(tx, call.by, transfer_id)), call)


def place_of(call: Call, code: str, at: str) -> UUID:
    place = call.services.snapshot().network.by_code.get(code)
    if place is None:
        raise refusal_of((Fault(at, "unknown_reference", "There is no such location."),))
    return place.id


def units_of(call: Call, lines: list[UnitsBody]) -> dict[str, int]:
    """Units by item; an item named twice is summed."""
    units: Counter[str] = Counter()
    items = call.services.snapshot().catalog.items
    for nth, line in enumerate(lines):
        if line.sku not in items:
            fault = Fault(f"/lines/{nth}/sku", "unknown_reference", "There is no such item.")
            raise refusal_of((fault,))
        units[line.sku] += line.quantity
    return dict(units)


def show(transfer: Transfer, call: Call) -> TransferShown:
    return TransferShown(
        id=transfer.id,
        external_id=transfer.external_id,
        from_=code_of(call, transfer.from_id),
        to=code_of(call, transfer.to_id),
        state=transfer.state,
        lines=[
            TransferLineShown(
                sku=line.sku,
                planned=line.planned,
                dispatched=line.dispatched,
                received=line.received,
                under_way=line.under_way,
                missing=line.missing,
            )
            for line in transfer.lines
        ],
        expected_at=transfer.expected_at,
        planned_at=transfer.planned_at,
        dispatched_at=transfer.dispatched_at,
        closed_at=transfer.closed_at,
    )
