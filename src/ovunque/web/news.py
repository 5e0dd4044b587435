"""The stream that tells an open page when to look again."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.http.protocol import ENDLESS
from ovunque.web.live import Interest
from ovunque.web.screens import EVERYBODY, OFFICE, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(EVERYBODY)


@router.get("/live")
async def get_live(visit: Visiting, order: Annotated[str, Query(max_length=64)] = "") -> Response:
    """News of one order, of one's own location, or of everything: the office sees it all."""
    reader = visit.house.feed.open(interest_of(visit, order))
    if reader is None:
        raise Refusal("queue_full")
    visit.request.scope[ENDLESS] = True
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        visit.house.feed.events(reader), headers=headers, media_type="text/event-stream"
    )


def interest_of(visit: Visit, order: str) -> Interest:
    if order and visit.person.role in OFFICE:
        return Interest(order_id=parse_public_id("ord", order))
    if visit.person.location_id is not None:
        return Interest(location_id=visit.person.location_id)
    return Interest(kinds=("order.",))
