"""Counts of shelves by scanning: begun, scanned into, and booked."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.carrier_pickups import EmptyBody
from ovunque.api.feeds import code_of
from ovunque.api.fulfillments_bodies import Units, place_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import public_id
from ovunque.platform.database import Tx
from ovunque.stock import counting_shelves
from ovunque.stock.counting_shelves import ITEMS_MAX, LATE_MAX, BeginRequest, ScanRequest
from ovunque.stock.model.counting_shelves import (
    ShelfCount,
    ShelfCountKind,
    ShelfCountOutcome,
    ShelfCountState,
)

router = resource("stock")
STOCK = [need(Scope.STOCK)]

CountId = Annotated[UUID, PublicId("shc")]
ScanId = Annotated[UUID, PublicId("scn")]
Scanned = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
AGE_SECONDS_MAX = int(LATE_MAX.total_seconds())


class ShelfCountBody(Body):
    """What is to be counted; no items: whatever is scanned."""

    location: Code
    skus: list[Code] = Field(default_factory=list, max_length=ITEMS_MAX)


class ScanBody(Body):
    """A code as it was scanned; one that no item has is kept, and counts for nothing yet."""

    code: Scanned
    quantity: Units = 1
    age_seconds: Annotated[int, Field(ge=0, le=AGE_SECONDS_MAX)] = 0


class ScanShown(Shown):
    id: ScanId
    code: str
    sku: str | None = Field(description="Null: nobody knows the code.")
    quantity: int
    at: Instant
    by: str
    taken_back: bool


class ItemCounted(Shown):
    sku: str
    counted: int
    expected: int = Field(
        description="On the shelf by our books when it was scanned, without what is picked: "
        "booking changes the level by `counted` less this."
    )


class ShelfCountListed(Shown):
    """A count as a list shows it: what was scanned tells the count itself."""

    id: CountId
    location: str
    kind: ShelfCountKind
    begun_at: Instant
    begun_by: str
    closed_at: Instant | None
    closed_by: str | None
    outcome: ShelfCountOutcome | None = Field(description="Null: it is open.")


class ShelfCountShown(ShelfCountListed):
    items: list[ItemCounted]
    scans: list[ScanShown]


@router.post("/shelf-counts", status_code=201, response_model=ShelfCountShown, dependencies=STOCK)
def post_shelf_count(body: ShelfCountBody, call: Caller, once: Once) -> Response:
    """Begin a count that people and programs scan into."""
    location_id = place_of(call, body.location)
    assert location_id is not None, "a location that is named is found or refused"
    asked = BeginRequest(id=call.new_id(), location_id=location_id, skus=body.skus)
    return once.run(lambda tx: show(tx, call, counting_shelves.begin(tx, call.by, asked, call.now)))


@router.get("/shelf-counts", dependencies=[need(Scope.READ)])
def get_shelf_counts(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[ShelfCountState | None, Query()] = None,
) -> Listed[ShelfCountListed]:
    """Counts of a location, or of all, the newest first."""
    at, before = place_of(call, location), page.after_id("shc")
    found = call.read(
        lambda tx: counting_shelves.list_counts(
            tx, location_id=at, state=state, before=before, limit=page.rows_max
        )
    )
    return page.show(
        found,
        lambda each: ShelfCountListed(**named(call, each)),
        lambda each: public_id("shc", each.id),
    )


@router.get("/shelf-counts/{count_id}", dependencies=[need(Scope.READ)])
def get_shelf_count(count_id: CountId, call: Caller) -> ShelfCountShown:
    """A count with its log, and what it found beside our books."""
    return call.read(lambda tx: show(tx, call, counting_shelves.find_count(tx, call.by, count_id)))


@router.post(
    "/shelf-counts/{count_id}/scans",
    status_code=201,
    response_model=ScanShown,
    dependencies=STOCK,
)
def post_shelf_scan(count_id: CountId, body: ScanBody, call: Caller, once: Once) -> Response:
    """One code, kept in the log."""
    asked = ScanRequest(
        id=call.new_id(),
        count_id=count_id,
        code=body.code.strip(),
        quantity=body.quantity,
        age=timedelta(seconds=body.age_seconds),
    )

    def work(tx: Tx) -> ScanShown:
        scan = counting_shelves.scan(tx, call.by, asked, call.now)
        return ScanShown(
            id=scan.id,
            code=scan.code,
            sku=scan.sku,
            quantity=scan.quantity,
            at=scan.at,
            by=scan.by,
            taken_back=False,
        )

    return once.run(work)


@router.post(
    "/shelf-counts/{count_id}/bookings",
    status_code=201,
    response_model=ShelfCountShown,
    dependencies=STOCK,
)
def post_shelf_booking(count_id: CountId, _: EmptyBody, call: Caller, once: Once) -> Response:
    """What was scanned is what lies there; codes that nobody knows stay in the log."""

    def work(tx: Tx) -> ShelfCountShown:
        closed, _ = counting_shelves.close(tx, call.by, count_id, list_picked_units, call.now)
        return show(tx, call, closed)

    return once.run(work)


@router.post(
    "/shelf-counts/{count_id}/cancellations",
    status_code=201,
    response_model=ShelfCountShown,
    dependencies=STOCK,
)
def post_shelf_cancellation(count_id: CountId, _: EmptyBody, call: Caller, once: Once) -> Response:
    """Nothing comes of the count; its log stays."""
    return once.run(
        lambda tx: show(tx, call, counting_shelves.drop(tx, call.by, count_id, call.now))
    )


def show(tx: Tx, call: Call, count: ShelfCount) -> ShelfCountShown:
    found = count.items
    if count.outcome is None:
        found = counting_shelves.compare(tx, count, list_picked_units, call.now)
    return ShelfCountShown(
        **named(call, count),
        items=[
            ItemCounted(sku=each.sku, counted=each.counted, expected=each.expected)
            for each in found
            if each.counted is not None and each.expected is not None
        ],
        scans=[
            ScanShown(
                id=each.id,
                code=each.code,
                sku=each.sku,
                quantity=each.quantity,
                at=each.at,
                by=each.by,
                taken_back=each.taken_back_at is not None,
            )
            for each in count.scans
        ],
    )


def named(call: Call, count: ShelfCount) -> dict[str, Any]:
    return {
        "id": count.id,
        "location": code_of(call, count.location_id),
        "kind": count.kind,
        "begun_at": count.begun_at,
        "begun_by": count.begun_by,
        "closed_at": count.closed_at,
        "closed_by": count.closed_by,
        "outcome": count.outcome,
    }
