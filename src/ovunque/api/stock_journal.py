"""What became of an item: every count and every movement, the newest first."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.naming import place_named, refuse_unknown_item
from ovunque.api.paging import Listed, Paging, write_cursor
from ovunque.api.routing import resource
from ovunque.kernel.refusal import Refusal
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.stock import recalling
from ovunque.stock.model.recalling import Happening

COUNTED = "counted"

router = resource("stock")


class HappeningShown(Shown):
    """A count or a movement, as it was told."""

    location: str
    kind: str = Field(description="`counted`, or the kind of the movement.")
    units: int = Field(description="That lay there when it was counted; else that came or went.")
    at: Instant
    recorded_at: Instant
    source: str
    reason: str | None


@router.get("/stock/journal", dependencies=[need(Scope.READ)])
def get_stock_journal(
    call: Caller,
    page: Paging,
    sku: Annotated[Code, Query()],
    location: Annotated[Code | None, Query()] = None,
) -> Listed[HappeningShown]:
    """What was counted of an item and what moved, thirty days at most at once, newest first.

    What happened at one moment comes together, also when that is more than was asked for. An empty
    page with a cursor says that for thirty days nothing happened.
    """
    network = call.services.snapshot().network
    at = place_named(call, location)
    refuse_unknown_item(call, sku)
    until = moment_of(page.after) if page.after else call.now

    def read(tx: Tx) -> tuple[tuple[Happening, ...], datetime | None]:
        found = recalling.list_happenings(tx, sku, at, until, page.limit)
        begin = found[-1].at if len(found) >= page.limit else until - recalling.WINDOW
        return found, None if recalling.is_first(tx, sku, at, begin) else begin

    found, begin = call.read(read)
    return Listed(
        data=[show(each, network) for each in found],
        next_cursor=write_cursor(begin.isoformat()) if begin else None,
    )


def moment_of(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise Refusal("cursor_invalid") from None
    if found.tzinfo is None or found.year < recalling.FIRST_YEAR:
        raise Refusal("cursor_invalid")
    return found


def show(each: Happening, network: NetworkView) -> HappeningShown:
    return HappeningShown(
        location=network.locations[network.position_of[each.location_id]].code,
        kind=each.kind or COUNTED,
        units=each.units,
        at=each.at,
        recorded_at=each.recorded_at,
        source=each.source,
        reason=each.reason,
    )
