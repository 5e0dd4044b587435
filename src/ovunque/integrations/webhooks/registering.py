"""Webhooks are made, changed, taken away; their secrets change; what was missed is sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.integrations.webhooks import events, rules, store
from ovunque.integrations.webhooks.model import (
    TEST,
    Message,
    News,
    Webhook,
    WebhookRequest,
)
from ovunque.integrations.webhooks.store import telling
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of

DRAWERS = (store.SECRET, store.SECRET_BEFORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What has to be known to judge a request: the channels there are, and what is allowed."""

    channels: Collection[str]
    private: bool


def refuse_faults(request: WebhookRequest, around: Surroundings) -> None:
    faults = [*rules.check(request.url, request.types, private=around.private)]
    faults += [
        Fault(f"/channels/{nth}", "unknown_reference", "There is no such channel.")
        for nth, code in enumerate(request.channels)
        if code not in around.channels
    ]
    if faults:
        raise refusal_of(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """Id and secret are drawn at the edge."""

    id: UUID
    secret: str = field(repr=False)
    request: WebhookRequest


def register(tx: Tx, by: Actor, new: NewWebhook, around: Surroundings, now: datetime) -> Webhook:
    """A new webhook: it is told what happens from now on."""
    refuse_faults(new.request, around)
    store.add_webhook(tx, new.id, new.request, new.secret, now)
    journal.record(tx, [events.changed("created", new.id, url=new.request.url)], by=by.name, at=now)
    return find(tx, new.id)


def find(tx: Tx, webhook_id: UUID, *, locked: bool = False) -> Webhook:
    found = store.find_webhook(tx, webhook_id, locked=locked)
    if found is None:
        raise Refusal("not_found", what="webhook")
    return found


def list_webhooks(tx: Tx, after: UUID | None, limit: int) -> tuple[Webhook, ...]:
    return store.list_webhooks(tx, after, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a webhook shall be, by who has seen the version; None: whatever it is."""

    webhook_id: UUID
    request: WebhookRequest
    seen: int | None


def change(tx: Tx, by: Actor, asked: Change, around: Surroundings, now: datetime) -> Webhook:
    """Replace what it wants; enabled again, it gets a fresh chance."""
    webhook = find(tx, asked.webhook_id, locked=True)
    if asked.seen not in (None, webhook.version):
        raise Refusal("version_conflict", expected=asked.seen, version=webhook.version)
    refuse_faults(asked.request, around)
    store.save_webhook(tx, webhook.id, asked.request)
    fact = events.changed("changed", webhook.id, url=asked.request.url, state=asked.request.state)
    journal.record(tx, [fact], by=by.name, at=now)
    return find(tx, webhook.id)


def remove(tx: Tx, by: Actor, webhook_id: UUID, now: datetime) -> None:
    """Take it away with all its messages."""
    webhook = find(tx, webhook_id, locked=True)
    store.remove_webhook(tx, webhook.id)
    journal.record(tx, [events.changed("removed", webhook.id)], by=by.name, at=now)


def change_secret(tx: Tx, by: Actor, webhook_id: UUID, secret: str, now: datetime) -> Webhook:
    """A new secret; the one before signs, too, for a day."""
    webhook = find(tx, webhook_id, locked=True)
    store.save_secret(tx, webhook.id, secret, now + rules.ROTATION)
    journal.record(tx, [events.changed("secret_changed", webhook.id)], by=by.name, at=now)
    return find(tx, webhook.id)


def try_out(tx: Tx, webhook_id: UUID, message_id: UUID, now: datetime) -> None:
    """Send a message that means nothing, to see whether it arrives."""
    webhook = find(tx, webhook_id)
    news = News(
        id=message_id, webhook_id=webhook.id, type=TEST, subject=webhook.name, at=now, data={}
    )
    store.add_news(tx, [news], now)


def list_messages(
    tx: Tx, webhook_id: UUID, state: str | None, before: UUID | None, limit: int
) -> Sequence[Message]:
    """What was sent or waits, newest first."""
    find(tx, webhook_id)
    return store.list_messages(tx, webhook_id, state, before, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All that happened since then; of a state, or whatever became of it."""

    webhook_id: UUID
    since: datetime
    state: str | None


def replay(tx: Tx, by: Actor, asked: Replay, now: datetime) -> int:
    """Send it again under the ids it had; returns how many messages that are."""
    webhook = find(tx, asked.webhook_id, locked=True)
    count = store.replay_messages(tx, webhook.id, asked.since, asked.state, now)
    fact = events.changed("replayed", webhook.id, since=asked.since, messages=count)
    journal.record(tx, [fact], by=by.name, at=now)
    return count


def list_low(tx: Tx) -> dict[tuple[str, str], int]:
    """How few are few, by channel and item; '' stands for any."""
    return telling.list_low(tx)


def set_low(tx: Tx, by: Actor, where: tuple[str, str], units: int | None, now: datetime) -> None:
    """Say how few are few of an item on a channel, or take it back; '' stands for any."""
    channel, sku = where
    telling.save_low(tx, channel, sku, units)
    journal.record(tx, [events.low_changed(channel, sku, units)], by=by.name, at=now)
