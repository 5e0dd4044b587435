"""A channel's stock for another system: all of it once, then what changes."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from fastapi import Query, Response

from ovunque.access.model import Scope
from ovunque.api.bodies import Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.platform import journal
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.journal import Cursor, parse_cursor
from ovunque.sourcing.noticing import changed_items
from ovunque.sourcing.selling import available, reach_of
from ovunque.sourcing.snapshot import Snapshot

ENTRIES_MAX = 500
NDJSON = "application/x-ndjson"
NEXT_CURSOR = "Next-Cursor"

router = resource("availability")
_encode = msgspec.json.Encoder().encode

Channel = Annotated[Code, Query()]
Since = Annotated[str | None, Query(max_length=80, description="None: only where to begin.")]


class ItemAvailable(Shown):
    sku: str
    available: int


class AvailabilityChanges(Shown):
    """What a channel may sell of each item that changed, as it is now; each item once."""

    channel: str
    data: list[ItemAvailable]
    next_cursor: str


@router.get("/availability/changes", dependencies=[need(Scope.READ)])
def get_availability_changes(
    call: Caller, channel: Channel, cursor: Since = None
) -> AvailabilityChanges:
    """What changed for a channel behind a cursor. Ask again from `next_cursor` on."""
    snapshot = call.services.snapshot()
    seen = refuse_unknown_channel(snapshot, channel).version
    after = parse_cursor(cursor) if cursor is not None else seen
    read = call.read(lambda tx: journal.read(tx, after, ENTRIES_MAX))
    entries = [entry for entry in read if entry.cursor <= seen]
    return AvailabilityChanges(
        channel=channel,
        data=[
            ItemAvailable(sku=sku, available=units)
            for sku, units in numbers(call, channel, changed_items(snapshot, entries))
        ],
        next_cursor=str(entries[-1].cursor if entries else after),
    )


@router.get(
    "/availability/exports",
    dependencies=[need(Scope.READ)],
    response_class=Response,
    responses={200: {"content": {NDJSON: {}}}},
)
def get_availability_export(call: Caller, channel: Channel) -> Response:
    """What a channel may sell of every item, a JSON object a line.

    The header `Next-Cursor` says from where on to ask for changes.
    """
    snapshot = call.services.snapshot()
    begin: Cursor = refuse_unknown_channel(snapshot, channel).version
    found = numbers(call, channel, snapshot.catalog.items)
    lines = (_encode({"sku": sku, "available": units}) + b"\n" for sku, units in found)
    return Response(b"".join(lines), headers={NEXT_CURSOR: str(begin)}, media_type=NDJSON)


def refuse_unknown_channel(snapshot: Snapshot, channel: str) -> Snapshot:
    if channel not in snapshot.network.channels:
        raise refusal_of([unknown("query:channel", "channel")])
    return snapshot


def numbers(call: Call, channel: str, skus: Iterable[str]) -> Iterable[tuple[str, int]]:
    """What a channel may sell of some items now."""
    snapshot = call.services.snapshot()
    reach = reach_of(snapshot.network.channels[channel], snapshot.network, None)
    return ((sku, available(snapshot, reach, sku, call.now)) for sku in skus)
