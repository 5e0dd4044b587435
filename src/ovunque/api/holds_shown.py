"""Holds as programs see them."""

from datetime import datetime

import msgspec

from ovunque.kernel.ids import public_id
from ovunque.platform.idempotency import Answer
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import Hold

CREATED = 201

_encode = msgspec.json.Encoder().encode


class HoldLineShown(msgspec.Struct, kw_only=True):
    sku: str
    quantity: int


class HeldShown(msgspec.Struct, kw_only=True):
    """Units that are kept, and where; a bundle's are those of its parts."""

    location: str
    sku: str
    quantity: int


class HoldShown(msgspec.Struct, kw_only=True):
    """Units kept for a cart. Its `expires_at` counts, not when anybody sweeps it."""

    id: str
    channel: str
    state: str
    reference: str | None
    lines: list[HoldLineShown]
    held: list[HeldShown]
    created_at: datetime
    expires_at: datetime
    order: str | None


def show_hold(hold: Hold, snapshot: Snapshot, now: datetime) -> HoldShown:
    network, state = snapshot.network, hold.state(now)
    return HoldShown(
        id=public_id("hld", hold.id),
        channel=network.channel_of[hold.channel_id].channel.code,
        state=state,
        reference=hold.reference or None,
        lines=[HoldLineShown(sku=sku, quantity=quantity) for sku, quantity in hold.lines],
        held=[
            HeldShown(
                location=network.locations[network.position_of[each.key.location_id]].code,
                sku=each.key.sku,
                quantity=each.quantity,
            )
            for each in hold.reservations
            if state == "held"
        ],
        created_at=hold.created_at,
        expires_at=hold.expires_at,
        order=public_id("ord", hold.order_id) if hold.order_id else None,
    )


def answer_with_hold(hold: Hold, snapshot: Snapshot, now: datetime) -> Answer:
    return Answer(CREATED, _encode(show_hold(hold, snapshot, now)))
