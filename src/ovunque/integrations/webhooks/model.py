"""Webhooks: programs that are told what happens, and the messages to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

STOCK_CHANGED = "stock.changed"
BACK_IN_STOCK = "back_in_stock"
LOW_STOCK = "low_stock"
TEST = "webhook.test"
STOCK_TYPES = frozenset({STOCK_CHANGED, BACK_IN_STOCK, LOW_STOCK})
# What is told of orders and of the work on them: the journal's own words.
ORDER_TYPES = frozenset(
    {
        "order.placed",
        "order.resourced",
        "order.unplaced",
        "order.served",
        "order.expected",
        "order.canceled",
        "order.edited",
        "order.uncollected",
        "order.held",
        "order.released",
        "order.substituted",
        "order.pickup_refused",
        "order.pickup_answered",
        "order.pickup_unanswered",
        "order.paid_at_till",
        "promise.at_risk",
        "promise.late",
        "promise.revised",
        "promise.scored",
    }
)
WORK_TYPES = frozenset(
    {
        "offer.opened",
        "offer.rejected",
        "offer.expired",
        "fulfillment.accepted",
        "fulfillment.rejected",
        "fulfillment.picking",
        "fulfillment.picked",
        "fulfillment.short",
        "fulfillment.substituted",
        "fulfillment.ready",
        "fulfillment.shipped",
        "fulfillment.collected",
        "fulfillment.pickup_ending",
        "fulfillment.extended",
        "fulfillment.uncollected",
        "fulfillment.delivered",
        "fulfillment.returning",
        "fulfillment.lost",
        "fulfillment.canceled",
        "fulfillment.withdrawn",
    }
)
PARCEL_TYPES = frozenset({"parcel.opened", "parcel.labeled", "parcel.handed_over"})
TYPES = tuple(sorted(STOCK_TYPES | ORDER_TYPES | WORK_TYPES | PARCEL_TYPES))


class WebhookState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class MessageState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # Given up: it can be replayed.


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """Where to, what of, and of which channels; no channels: of all."""

    url: str
    name: str
    types: tuple[str, ...]
    channels: tuple[str, ...] = ()
    state: str = WebhookState.ENABLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(WebhookRequest):
    id: UUID
    reason: str | None
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    created_at: datetime
    version: int
    secret: str = field(repr=False)
    secret_before: str | None = field(repr=False)
    secret_until: datetime | None

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """All that sign now, the newest first."""
        if self.secret_before and self.secret_until and now < self.secret_until:
            return self.secret, self.secret_before
        return (self.secret,)

    def wants(self, kind: str, channel: str | None) -> bool:
        """Whether it is told of this; a channel that is not known counts as any."""
        return kind in self.types and (channel is None or self.covers(channel))

    def covers(self, channel: str) -> bool:
        return not self.channels or channel in self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened, for one webhook."""

    id: UUID
    webhook_id: UUID
    type: str
    subject: str
    at: datetime
    data: Mapping[str, Any] | None = None
    trace: str = ""  # Where the fact was written, if somebody traced that.


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(News):
    """News under way."""

    state: MessageState
    attempts: int
    due_at: datetime
    tried_at: datetime | None
    status: int | None
    error: str | None
