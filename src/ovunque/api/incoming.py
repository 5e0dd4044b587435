"""What is announced and has not come: deliveries with their days."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import as_request
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.naming import place_named, refuse_unknown_item
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.stock import Reference
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import ROWS_MAX
from ovunque.platform.database import Tx
from ovunque.stock import expecting
from ovunque.stock.model.expecting import LATE_DAYS, Incoming, IncomingRequest
from ovunque.stock.rules.ahead import LATE_DAYS_MAX, UNITS_MAX

router = resource("stock")


class IncomingBody(Body):
    """A delivery by its sender's reference, which may name several items and locations."""

    reference: Reference
    location: Code
    sku: Code
    quantity: int = Field(ge=0, le=UNITS_MAX, description="All of it, come or not; 0: none comes.")
    due_on: Annotated[date, Strict(False)] = Field(description="By the location's calendar.")
    late_days: int = Field(
        default=LATE_DAYS,
        ge=0,
        le=LATE_DAYS_MAX,
        description="How many days late it may be and still be promised on.",
    )


class IncomingsBody(Body):
    incoming: list[IncomingBody] = Field(min_length=1, max_length=ROWS_MAX)


class IncomingShown(Shown):
    """An overdue delivery is shown as long as it is open, and promised on while it is believed."""

    reference: str
    location: str
    sku: str
    quantity: int
    received: int
    open: int
    due_on: date
    late_days: int
    overdue: bool
    believed: bool
    version: int


class IncomingsAnswer(Shown):
    """How many deliveries are new, changed, or as they were."""

    created: int
    changed: int
    unchanged: int


@router.post("/stock/incoming", status_code=201, dependencies=[need(Scope.STOCK)])
def post_incoming(body: IncomingsBody, call: Caller, once: Once) -> IncomingsAnswer:
    """Announce deliveries, or change what was announced: the same reference is the same one."""
    asked = [as_request(IncomingRequest, each, due_on=each.due_on) for each in body.incoming]

    def work(tx: Tx) -> IncomingsAnswer:
        try:
            saved = expecting.save_incoming(tx, call.by, asked, call.now)
        except Refusal as refusal:
            raise within_list(refusal, "/incoming") from None
        return IncomingsAnswer(
            created=saved.created, changed=saved.changed, unchanged=saved.unchanged
        )

    return once.run(work)  # type: ignore[return-value]


def within_list(refusal: Refusal, name: str) -> Refusal:
    """Faults of rows as faults of a body whose list they stand in."""
    if refusal.code != "invalid":
        return refusal
    errors = tuple(Fault(name + each.pointer, each.code, each.detail) for each in refusal.errors)
    return Refusal("invalid", errors=errors, **refusal.details)


@router.get("/stock/incoming", dependencies=[need(Scope.READ)])
def get_incoming(
    call: Caller,
    page: Paging,
    sku: Annotated[Code | None, Query()] = None,
    location: Annotated[Code | None, Query()] = None,
    all_: Annotated[bool, Query(alias="all", description="What has come, too.")] = False,
) -> Listed[IncomingShown]:
    """What is announced, in the order of references."""
    at = place_named(call, location)
    refuse_unknown_item(call, sku)
    behind = parse_name(page.after) if page.after else None
    found = call.read(
        lambda tx: expecting.list_incoming(
            tx, sku=sku, location_id=at, is_open=not all_, after=behind, limit=page.rows_max
        )
    )
    return page.show(found, lambda each: show(each, call), write_name)


def write_name(each: Incoming) -> str:
    return f"{each.location_id.hex} {each.sku} {each.reference}"


def parse_name(text: str) -> tuple[str, str, UUID]:
    location, _, rest = text.partition(" ")
    sku, _, reference = rest.partition(" ")
    try:
        return reference, sku, UUID(hex=location)
    except ValueError:
        raise Refusal("cursor_invalid") from None


def show(each: Incoming, call: Call) -> IncomingShown:
    today = call.now.date()
    return IncomingShown(
        reference=each.reference,
        location=each.location,
        sku=each.sku,
        quantity=each.quantity,
        received=each.received,
        open=each.open,
        due_on=each.due_on,
        late_days=each.late_days,
        overdue=each.is_overdue(today),
        believed=each.is_believed(today),
        version=each.version,
    )
