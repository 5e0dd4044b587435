"""How far a delivery is, told to whom it goes: nothing of who does what, or refused it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ovunque.fulfillment.model import Fulfillment, FulfillmentState, ParcelState
from ovunque.fulfillment.model.following import Progress
from ovunque.fulfillment.rules import is_fetched

S, P = FulfillmentState, Progress

PROGRESS: Mapping[FulfillmentState, Progress] = MappingProxyType(
    {
        **dict.fromkeys((S.PLANNED, S.OFFERED, S.REJECTED, S.WITHDRAWN), P.RECEIVED),
        **dict.fromkeys((S.ACCEPTED, S.PICKING, S.PICKED, S.PACKED, S.READY), P.IN_PREPARATION),
        **dict.fromkeys((S.SHIPPED, S.AWAITING_ARRIVAL), P.ON_ITS_WAY),
        **dict.fromkeys((S.FAILED, S.RETURNING, S.RESTOCKED, S.LOST, S.UNCOLLECTED), P.UNDELIVERED),
        S.DELIVERED: P.DELIVERED,
        S.COLLECTED: P.COLLECTED,
        S.CANCELED: P.CANCELED,
    }
)
ORDER = tuple(Progress)


def progress_of(works: Sequence[Fulfillment], *, waits: bool) -> Progress:
    """Of a delivery with this work, and perhaps with units that no location serves yet."""
    standing = [work for work in works if work.replaced_at is None]
    found = {_progress(work) for work in standing} | ({P.RECEIVED} if waits else set())
    return min(found, key=ORDER.index, default=P.CANCELED)


def _progress(work: Fulfillment) -> Progress:
    if work.state == S.READY and is_fetched(work):
        return P.READY_TO_COLLECT
    is_out = any(each.state == ParcelState.OUT_FOR_DELIVERY for each in work.parcels)
    return P.OUT_FOR_DELIVERY if work.state == S.SHIPPED and is_out else PROGRESS[work.state]
