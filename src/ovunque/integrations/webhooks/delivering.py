"""Messages on their way: each webhook by itself, one message after the other, until one fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from ovunque.access.model import SYSTEM
from ovunque.integrations.webhooks import events, rules, store
from ovunque.integrations.webhooks.model import Message, MessageState, Webhook
from ovunque.integrations.webhooks.sending import Reply, Sender, Unreachable
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal, tracing
from ovunque.platform.clock import Clock
from ovunque.platform.database import Database, Tx
from ovunque.platform.jobs import Job
from ovunque.platform.telemetry import WEBHOOKS

LEASE = timedelta(minutes=2)  # A worker that dies with a message is waited for so long.
TURN = timedelta(seconds=20)  # Then others have their turn.
GONE = 410
COME_AGAIN = (429, 503)
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE_MAX = 10_000

# The thing behind a public id as the API shows it; by prefix.
Render = Callable[[Tx, Any], Any]

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """What it takes to deliver."""

    sender: Sender
    renders: Mapping[str, Render]
    clock: Clock
    jitter: Callable[[], float]


def deliver_due(database: Database, courier: Courier) -> int:
    """Take one webhook that has something due and deliver to it; returns how many were tried."""
    webhook = take_webhook(database, courier)
    return deliver_to(database, courier, webhook) if webhook else 0


def take_webhook(database: Database, courier: Courier) -> Webhook | None:
    """The webhook whose message has been due longest, held against other couriers."""
    now = courier.clock()
    return database.transact(lambda tx: store.lease_webhook(tx, now, now + LEASE))


def deliver_to(database: Database, courier: Courier, webhook: Webhook) -> int:
    """One message after the other, until one fails or others want their turn."""
    began, tried = courier.clock(), 0
    try:
        while courier.clock() < began + TURN:
            taken = deliver_next(database, courier, webhook)
            if taken is None:
                break
            tried += 1
            if not taken:
                break
    finally:
        database.transact(lambda tx: store.release_webhook(tx, webhook.id))
    return tried


def deliver_next(database: Database, courier: Courier, webhook: Webhook) -> bool | None:
    """Whether what has been due longest was taken; None: nothing is. Its try is counted before."""
    now = courier.clock()
    message = database.transact(lambda tx: store.take_message(tx, webhook.id, now, now + LEASE))
    if message is None:
        return None
    with tracing.span("webhook.deliver", links=[message.trace], attempt=message.attempts):
        body = database.read(lambda tx: body_of(tx, courier, message))
        try:
            said: Reply | Unreachable = send(courier, webhook, message, body)
        except Unreachable as failure:
            said = failure
    done_at = courier.clock()
    return database.transact(lambda tx: settle(tx, courier, message, said, done_at))


def send(courier: Courier, webhook: Webhook, message: Message, body: bytes) -> Reply:
    """Sign it and send it, as Standard Webhooks says."""
    now = courier.clock()
    id_ = public_id("msg", message.id)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "ovunque",
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": rules.sign(webhook.secrets(now), id_, now, body),
    }
    if trace := tracing.here():
        headers["traceparent"] = trace
    return courier.sender.post(webhook.url, headers, body)


def body_of(tx: Tx, courier: Courier, message: Message) -> bytes:
    """What happened, when, and the thing it happened to as it is now; too large, its id alone."""
    told = {"type": message.type, "timestamp": message.at, "data": data_of(tx, courier, message)}
    body = _encode(told)
    if len(body) <= rules.BODY_BYTES_MAX:
        return body
    return _encode(told | {"data": {"id": message.subject, "truncated": True}})


def data_of(tx: Tx, courier: Courier, message: Message) -> Any:
    if message.data is not None:
        return message.data
    prefix = message.subject.partition("_")[0]
    try:
        return courier.renders[prefix](tx, parse_public_id(prefix, message.subject))
    except Refusal:
        return {"id": message.subject}


def settle(
    tx: Tx, courier: Courier, message: Message, said: Reply | Unreachable, now: datetime
) -> bool:
    """What becomes of a message and its webhook; whether the next one may follow at once."""
    if isinstance(said, Reply) and said.taken:
        store.settle_message(tx, message, MessageState.DELIVERED, now, (said.status, ""))
        store.save_success(tx, message.webhook_id)
        WEBHOOKS.labels("delivered").inc()
        return True
    status = said.status if isinstance(said, Reply) else None
    error = "" if status else str(said)
    log.warning("webhook.failed", message=public_id("msg", message.id), status=status, error=error)
    wait = rules.wait_after(message.attempts, courier.jitter())
    asked = asked_wait(said, now)
    state = MessageState.WAITING if wait is not None else MessageState.FAILED
    due_at = now + max(wait or timedelta(), asked)
    store.settle_message(tx, message, state, due_at, (status, error))
    WEBHOOKS.labels("retried" if wait is not None else "failed").inc()
    _hold_against(tx, message, status, asked, now)
    return False


def asked_wait(said: Reply | Unreachable, now: datetime) -> timedelta:
    """How long the receiver asks to be left alone, within reason."""
    if not isinstance(said, Reply) or said.status not in COME_AGAIN:
        return timedelta()
    seconds = max(0.0, said.wait(now) or 0.0)
    return min(timedelta(seconds=seconds), rules.RETRY_AFTER_MAX)


def _hold_against(
    tx: Tx, message: Message, status: int | None, asked: timedelta, now: datetime
) -> None:
    """Leave a webhook alone that fails again and again; disable one that is gone, or stays away."""
    webhook = store.find_webhook(tx, message.webhook_id, locked=True)
    if webhook is None:
        return
    failing_since = webhook.failing_since or now
    if status == GONE or now - failing_since >= rules.PATIENCE:
        reason = "It answered 410 Gone." if status == GONE else "It took nothing for three days."
        store.save_disabled(tx, webhook.id, reason)
        fact = events.changed("disabled", webhook.id, reason=reason)
        journal.record(tx, [fact], by=SYSTEM.name, at=now)
        return
    pause = max(rules.pause_after(webhook.failures + 1) or timedelta(), asked)
    store.save_failure(tx, webhook.id, now, now + pause if pause else None)


def forget(database: Database, _: Job, now: datetime) -> None:
    """Drop messages that nobody will replay any more."""
    database.transact(lambda tx: store.forget_messages(tx, now - KEPT, FORGOTTEN_AT_ONCE_MAX))
