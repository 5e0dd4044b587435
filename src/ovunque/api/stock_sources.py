"""Who tells us of stock, and how their books are read."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.editing import IfMatch, same, tagged
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.platform.database import Tx
from ovunque.stock.describing import Listened, describe_source, find_source, list_sources
from ovunque.stock.model.feeding import Reports, SourceKind, SourceRequest

DAY_MS = 86_400_000
READ, STOCK = [need(Scope.READ)], [need(Scope.STOCK)]

router = resource("stock")


class SourceBody(Body):
    """How the books of a source are to be read."""

    code: Code
    kind: Annotated[SourceKind, Strict(False)] = Field(
        default=SourceKind.BOOK, description="`physical`: it counts the shelf."
    )
    reports: Annotated[Reports, Strict(False)] = Field(
        default=Reports.ON_HAND, description="`available`: without what is reserved."
    )
    picked_inside: bool = Field(
        default=True, description="Whether its counts contain what is picked and has not left."
    )
    posting_delay_s: int = Field(
        default=0, ge=0, le=604_800, description="Movements of others reach its books so late."
    )
    clock_offset_ms: int | None = Field(
        default=None,
        ge=-DAY_MS,
        le=DAY_MS,
        description="So far its clock is ahead of ours; none: as measured by `sent_at`.",
    )
    clock_skew_s: int = Field(
        default=0, ge=0, le=3_600, description="And so far it may be wrong beside that."
    )
    moved_percent_max: int = Field(
        default=30, ge=0, le=10_000, description="Of a location's units; a feed with more waits."
    )
    zeroed_percent_max: int = Field(
        default=20, ge=0, le=100, description="Of a location's levels; a feed with more waits."
    )
    write_off_cents_max: int = Field(
        default=50_000, ge=0, le=10**9, description="A dearer write-off waits for a person."
    )


class Missing(Shown):
    """Sequence numbers of movements that have not come, both included."""

    first: int
    last: int


class SourceShown(Shown):
    """A source, and what it is asked for: movements that are missing, or a full count."""

    code: str
    kind: SourceKind
    reports: Reports
    picked_inside: bool
    posting_delay_s: int
    clock_offset_ms: int | None
    clock_measured_ms: int | None
    clock_skew_s: int
    moved_percent_max: int
    zeroed_percent_max: int
    write_off_cents_max: int
    last_sequence: int | None
    heard_at: Instant | None
    counted_as_of: Instant | None
    missing: list[Missing]
    version: int


@router.get("/stock/sources", dependencies=READ)
def get_sources(call: Caller, page: Paging) -> Listed[SourceShown]:
    """Everybody who has ever told us of stock."""
    found = call.read(lambda tx: list_sources(tx, page.after or "", page.rows_max))
    return page.show(found, show, lambda each: each.source.code)


@router.get("/stock/sources/{code:path}", response_model=SourceShown, dependencies=READ)
def get_source(code: Code, call: Caller) -> Response:
    """One source, when it was heard last and what of it is missing."""
    found = call.read(lambda tx: find_source(tx, code))
    return tagged(show(found), found.source.version)


@router.put("/stock/sources/{code:path}", response_model=SourceShown, dependencies=STOCK)
def put_source(code: Code, body: SourceBody, call: Caller, seen: IfMatch) -> Response:
    """Say how a source is to be read from now on, whether it has spoken yet or not."""
    same("/code", body.code, code)
    request = SourceRequest(**body.model_dump())

    def work(tx: Tx) -> Listened:
        describe_source(tx, call.by, request, seen, call.now)
        return find_source(tx, code)

    described = call.transact(work)
    return tagged(show(described), described.source.version)


def show(found: Listened) -> SourceShown:
    return SourceShown(**asdict(found.source), missing=show_missing(found))


def show_missing(found: Listened) -> list[Missing]:
    return [Missing(first=first, last=last) for first, last in found.missing]
