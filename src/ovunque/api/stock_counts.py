"""Counts, many at once: JSON that is checked whole before any of it is booked, or lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import Services, services_of
from ovunque.api.openapi import JSON, NDJSON, HotRoute
from ovunque.api.routing import read_document
from ovunque.api.stock_lines import (
    COUNT_PARAMETERS,
    DONE,
    LINES_AT_ONCE_MAX,
    WAITING,
    CountsAnswer,
    post_count_lines,
)
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault
from ovunque.kernel.text import CODE
from ovunque.platform.http.edge import visit_of
from ovunque.platform.http.faults import FAULTS_MAX, convert, refusal_of
from ovunque.platform.http.limits import kind_of
from ovunque.stock.feeding import Fed, FeedRequest, feed_counts
from ovunque.stock.model import Count, Key

ROWS_MAX = 50_000
ACKNOWLEDGED_MAX = 10_000
UNITS_MAX = 1_000_000

Code = Annotated[str, Meta(pattern=f"^{CODE.pattern}$(?!\\n)", max_length=64)]

Movement = Annotated[str, Meta(min_length=1, max_length=100)]


class CountAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """So many units, as of a past moment, in the books of the source."""

    location: Code
    sku: Code
    on_hand: Annotated[int, Meta(ge=0, le=UNITS_MAX)]
    as_of: Annotated[datetime, Meta(tz=True)]


class ScopeAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """A location that was counted whole: what the counts do not name is not there."""

    location: Code
    complete: Literal[True]
    as_of: Annotated[datetime, Meta(tz=True)] | None = None  # None: of the oldest count.


class CountsAsked(Struct, forbid_unknown_fields=True, frozen=True):
    source: Code
    counts: Annotated[list[CountAsked], Meta(max_length=ROWS_MAX)]
    scope: ScopeAsked | None = None
    acknowledged: Annotated[list[Movement], Meta(max_length=ACKNOWLEDGED_MAX)] = []
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None


async def post_counts(request: Request, by: Actor) -> Response:
    """Tell what was counted; the same count again, or an older one, changes nothing."""
    if kind_of(visit_of(request.scope).headers) == NDJSON:
        return await post_count_lines(request, by)
    services = services_of(request)
    document: Any = await read_document(request)
    for name in request.query_params:
        raise refusal_of((Fault(f"query:{name}", "unexpected", "The body says it."),))
    visit_of(request.scope).document = document
    fed = await run_in_threadpool(book, services, by, document)
    answer = CountsAnswer(
        changed=fed.counted.changed,
        unchanged=fed.counted.unchanged,
        held=public_id("fee", fed.held.id) if fed.held else None,
    )
    status = WAITING if fed.held else DONE
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


def book(services: Services, by: Actor, document: Any) -> Fed:
    """All rows are looked at first; then they are booked, a thousand levels a transaction."""
    asked = convert(document, CountsAsked)
    now = services.clock()
    counts, faults = resolve(services, asked)
    complete = complete_of(services, asked, faults)
    if not counts and not complete and not faults:
        faults.append(Fault("/counts", "missing", "There is no count."))
    if faults:
        raise refusal_of(faults[:FAULTS_MAX])
    request = FeedRequest(
        id=services.new_id(),
        source=asked.source,
        counts=counts,
        complete=complete,
        acknowledged=asked.acknowledged,
        sent_at=asked.sent_at,
        picked=list_picked_units,
    )
    services.weigh(by, units_moved(services, counts), now)
    return feed_counts(services.database, by, request, now)


def units_moved(services: Services, counts: Sequence[Count]) -> int:
    """By how much counts change what we know; what nobody ever counted moves nothing."""
    stock = services.snapshot().stock
    known = ((stock.on_hand_of(each.key.sku, each.key.location_id), each) for each in counts)
    return sum(abs(each.on_hand - before) for before, each in known if before is not None)


def complete_of(
    services: Services, asked: CountsAsked, faults: list[Fault]
) -> dict[UUID, datetime]:
    """The location that was counted whole, and as of when; every count is of it."""
    scope = asked.scope
    if scope is None:
        return {}
    place = services.snapshot().network.by_code.get(scope.location)
    if place is None:
        faults.append(unknown("/scope/location", "location"))
        return {}
    faults += [
        Fault(f"/counts/{nth}/location", "contradiction", "The scope is of another location.")
        for nth, row in enumerate(asked.counts)
        if row.location != scope.location
    ]
    as_of = scope.as_of or min((row.as_of for row in asked.counts), default=None)
    if as_of is None:
        faults.append(Fault("/scope/as_of", "missing", "Say as of when nothing is there."))
        return {}
    return {place.id: as_of}


def resolve(services: Services, asked: CountsAsked) -> tuple[list[Count], list[Fault]]:
    """The counts by our ids, and what is wrong with any of them."""
    snapshot = services.snapshot()
    faults: list[Fault] = []
    counts: list[Count] = []
    places: Mapping[str, UUID] = {code: at.id for code, at in snapshot.network.by_code.items()}
    for nth, row in enumerate(asked.counts):
        place = places.get(row.location)
        if place is None:
            faults.append(unknown(f"/counts/{nth}/location", "location"))
        if row.sku not in snapshot.catalog.items:
            faults.append(unknown(f"/counts/{nth}/sku", "item"))
        if place is not None:
            told = Count(key=Key(row.sku, place), on_hand=row.on_hand, as_of=row.as_of)
            counts.append(told)
        if len(faults) >= FAULTS_MAX:
            break
    return counts, faults


def unknown(pointer: str, what: str) -> Fault:
    return Fault(pointer, "unknown_reference", f"There is no such {what}.")


ROUTES = (
    HotRoute(
        method="POST",
        path="/v1/stock/counts",
        endpoint=post_counts,
        scope=Scope.STOCK,
        tag="stock",
        summary="Tell what was counted",
        description=(
            f"Also as lines of JSON ({NDJSON}), gzipped or not, then with `?source=`. More than "
            f"{LINES_AT_ONCE_MAX} lines are left to the worker: `import` says which run it is."
        ),
        request=CountsAsked,
        lines="CountAsked",
        request_media=(JSON, NDJSON),
        response=CountsAnswer,
        also=(WAITING,),
        bulk=True,
        parameters=COUNT_PARAMETERS,
    ),
)
