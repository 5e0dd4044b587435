"""How long an order may be kept back, and until when it is."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ovunque.fulfillment.model.keeping_back import HoldAsk, OnExpiry, OrderHold
from ovunque.kernel.refusal import Fault

HELD_MAX = timedelta(days=90)
MINUTES_MAX = HELD_MAX // timedelta(minutes=1)


def hold_faults(asks: Sequence[HoldAsk], now: datetime, at: str = "/holds") -> Iterator[Fault]:
    """All that is wrong with the holds of one order."""
    reasons = [each.reason for each in asks]
    for nth, ask in enumerate(asks):
        pointer = f"{at}/{nth}"
        if ask.reason in reasons[:nth]:
            yield Fault(f"{pointer}/reason", "duplicate", "a hold of this order has that reason")
        yield from timer_faults(ask, now, pointer)


def timer_faults(ask: HoldAsk, now: datetime, at: str = "") -> Iterator[Fault]:
    """A hold ends once, in time to come."""
    if ask.minutes is not None and ask.expires_at is not None:
        yield Fault(f"{at}/expires_at", "unexpected", "say minutes or an instant, not both")
    elif ask.expires_at is not None and not now < ask.expires_at <= now + HELD_MAX:
        detail = f"a hold ends within {HELD_MAX.days} days from now"
        yield Fault(f"{at}/expires_at", "out_of_bounds", detail)
    elif ask.on_expiry is not None and not ask.is_timed:
        yield Fault(f"{at}/on_expiry", "unexpected", "this hold does not end by itself")


def hold_of(ask: HoldAsk, order_id: UUID, by: str, now: datetime) -> OrderHold:
    """The hold that is asked for, as it stands from now on."""
    ends = ask.expires_at.astimezone(UTC) if ask.expires_at else None
    if ask.minutes is not None:
        ends = now + timedelta(minutes=ask.minutes)
    return OrderHold(
        order_id=order_id,
        reason=ask.reason,
        owner=ask.owner or by,
        held_at=now,
        held_by=by,
        expires_at=ends,
        on_expiry=(ask.on_expiry or OnExpiry.RELEASE) if ends else None,
    )
