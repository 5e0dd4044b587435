"""How few are few: from when on webhooks are told `low_stock`."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.integrations.webhooks import registering
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.faults import refusal_of

router = resource("stock")

Channel = Annotated[Code | None, Query(description="None: of every channel.")]
Sku = Annotated[Code | None, Query(description="None: of every item.")]


class ThresholdBody(Body):
    units: int = Field(ge=0, le=1_000_000, description="So many are few.")


class ThresholdShown(Shown):
    channel: str | None
    sku: str | None
    units: int


class Thresholds(Shown):
    data: list[ThresholdShown]


@router.get("/stock/thresholds", dependencies=[need(Scope.READ)])
def get_thresholds(call: Caller) -> Thresholds:
    """How few are few; the most specific one counts: item on channel, item, channel, all."""
    found = call.read(registering.list_low)
    return Thresholds(
        data=[
            ThresholdShown(channel=channel or None, sku=sku or None, units=units)
            for (channel, sku), units in found.items()
        ]
    )


@router.put("/stock/thresholds", dependencies=[need(Scope.STOCK)])
def put_threshold(
    body: ThresholdBody, call: Caller, channel: Channel = None, sku: Sku = None
) -> ThresholdShown:
    """Say how few are few of an item on a channel."""
    where = place(call, channel, sku)
    call.transact(lambda tx: registering.set_low(tx, call.by, where, body.units, call.now))
    return ThresholdShown(channel=channel, sku=sku, units=body.units)


@router.delete("/stock/thresholds", status_code=204, dependencies=[need(Scope.STOCK)])
def delete_threshold(call: Caller, channel: Channel = None, sku: Sku = None) -> Response:
    """Take it back: what is said more broadly counts again."""
    where = place(call, channel, sku)
    call.transact(lambda tx: registering.set_low(tx, call.by, where, None, call.now))
    return Response(status_code=204)


def place(call: Call, channel: str | None, sku: str | None) -> tuple[str, str]:
    """Refused with every name that we do not know."""
    snapshot = call.services.snapshot()
    faults: list[Fault] = []
    if channel is not None and channel not in snapshot.network.channels:
        faults.append(unknown("query:channel", "channel"))
    if sku is not None and sku not in snapshot.catalog.items:
        faults.append(unknown("query:sku", "item"))
    if faults:
        raise refusal_of(faults)
    return channel or "", sku or ""
