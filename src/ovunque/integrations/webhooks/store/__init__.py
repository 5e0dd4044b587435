"""The SQL of webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.integrations.webhooks.model import (
    Message,
    MessageState,
    News,
    Webhook,
    WebhookRequest,
)
from ovunque.platform.database import Tx, document
from ovunque.platform.drawers import Drawer

SECRET = Drawer(table="webhook", column="secret")
SECRET_BEFORE = Drawer(table="webhook", column="secret_before")
COLUMNS = """id, url, name, types, channels, state, reason, failures, failing_since, paused_until,
             created_at, version, secret, secret_before, secret_until"""
MESSAGE_COLUMNS = """id, webhook_id, type, subject, at, data, state, attempts, due_at, tried_at,
                     status, error, trace"""


def webhook_of(row: Sequence[Any]) -> Webhook:
    (
        id_,
        url,
        name,
        types,
        channels,
        state,
        reason,
        failures,
        failing_since,
        paused_until,
        created_at,
        version,
        secret,
        secret_before,
        secret_until,
    ) = row
    return Webhook(
        id=id_,
        url=url,
        name=name,
        types=tuple(types),
        channels=tuple(channels),
        state=state,
        reason=reason,
        failures=failures,
        failing_since=failing_since,
        paused_until=paused_until,
        created_at=created_at,
        version=version,
        secret=SECRET.open(secret, id_).decode(),
        secret_before=secret_before and SECRET_BEFORE.open(secret_before, id_).decode(),
        secret_until=secret_until,
    )


def message_of(row: Sequence[Any]) -> Message:
    id_, webhook_id, kind, subject, at, data, state, attempts, due_at, tried_at, *said = row
    status, error, trace = said
    return Message(
        id=id_,
        webhook_id=webhook_id,
        type=kind,
        subject=subject,
        at=at,
        data=data,
        state=MessageState(state),
        attempts=attempts,
        due_at=due_at,
        tried_at=tried_at,
        status=status,
        error=error,
        trace=trace,
    )


def add_webhook(tx: Tx, id_: UUID, request: WebhookRequest, secret: str, now: datetime) -> None:
    tx.execute(
        """
        insert into webhook (id, url, name, types, channels, state, secret, created_at)
        values (%(id)s, %(url)s, %(name)s, %(types)s, %(channels)s, %(state)s, %(secret)s, %(now)s)
        """,
        {
            **_columns(request),
            "id": id_,
            "secret": SECRET.seal(secret.encode(), id_),
            "now": now,
        },
    )


def _columns(request: WebhookRequest) -> dict[str, object]:
    return {
        "url": request.url,
        "name": request.name,
        "types": list(request.types),
        "channels": list(request.channels),
        "state": request.state,
    }


def save_webhook(tx: Tx, id_: UUID, request: WebhookRequest) -> None:
    """Replace what somebody wants; whoever enables it gives it a fresh chance."""
    tx.execute(
        """
        update webhook
           set url = %(url)s, name = %(name)s, types = %(types)s, channels = %(channels)s,
               state = %(state)s, version = version + 1, reason = null, failures = 0,
               failing_since = null, paused_until = null
         where id = %(id)s
        """,
        {**_columns(request), "id": id_},
    )


def remove_webhook(tx: Tx, id_: UUID) -> None:
    tx.execute("delete from webhook where id = %(id)s", {"id": id_})


def save_secret(tx: Tx, id_: UUID, secret: str, until: datetime) -> None:
    """A new secret signs; the one before signs, too, until then."""
    tx.execute(
        """
        update webhook
           set secret_before = secret, secret_until = %(until)s, secret = %(secret)s,
               version = version + 1
         where id = %(id)s
        """,
        {"id": id_, "secret": SECRET.seal(secret.encode(), id_), "until": until},
    )


def find_webhook(tx: Tx, id_: UUID, *, locked: bool = False) -> Webhook | None:
    lock = " for update" if locked else ""
    row = tx.execute(f"select {COLUMNS} from webhook where id = %(id)s{lock}", {"id": id_})
    found = row.fetchone()
    return webhook_of(found) if found else None


def list_webhooks(tx: Tx, after: UUID | None, limit: int) -> tuple[Webhook, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from webhook
         where %(after)s::uuid is null or id > %(after)s::uuid
         order by id limit %(limit)s
        """,
        {"after": after, "limit": limit},
    )
    return tuple(map(webhook_of, rows))


def list_enabled(tx: Tx) -> tuple[Webhook, ...]:
    rows = tx.execute(f"select {COLUMNS} from webhook where state = 'enabled' order by id")
    return tuple(map(webhook_of, rows))


def add_news(tx: Tx, news: Sequence[News], now: datetime) -> None:
    """Messages that wait. News of stock joins a message on the same subject not tried yet."""
    if not news:
        return
    tx.execute(
        """
        insert into webhook_message
               (id, webhook_id, type, subject, at, data, state, fresh, due_at, trace)
        select id, webhook_id, type, subject, at, data, 'waiting', true, %(now)s, trace
          from json_to_recordset(%(rows)s)
            as told (id uuid, webhook_id uuid, type text, subject text, at timestamptz, data jsonb,
                     trace text)
         order by id
            on conflict (webhook_id, type, subject) where fresh and data is not null
            do update set data = excluded.data, at = excluded.at
        """,
        {"rows": document([_row(each) for each in news]), "now": now},
    )


def _row(news: News) -> dict[str, object]:
    return {
        "id": news.id,
        "webhook_id": news.webhook_id,
        "type": news.type,
        "subject": news.subject,
        "at": news.at,
        "data": news.data,
        "trace": news.trace,
    }


def lease_webhook(tx: Tx, now: datetime, until: datetime) -> Webhook | None:
    """A webhook with something due, held against other workers; the one that waits longest."""
    row = tx.execute(
        f"""
        update webhook set leased_until = %(until)s
         where id = (
           select webhook.id from webhook
            cross join lateral (
              select due_at from webhook_message
               where webhook_id = webhook.id and state = 'waiting' and due_at <= %(now)s
               order by due_at limit 1) as first
            where state = 'enabled'
              and (leased_until is null or leased_until <= %(now)s)
              and (paused_until is null or paused_until <= %(now)s)
            order by first.due_at, webhook.id limit 1
              for update of webhook skip locked)
        returning {COLUMNS}
        """,
        {"now": now, "until": until},
    ).fetchone()
    return webhook_of(row) if row else None


def release_webhook(tx: Tx, id_: UUID) -> None:
    tx.execute("update webhook set leased_until = null where id = %(id)s", {"id": id_})


def take_message(tx: Tx, webhook_id: UUID, now: datetime, again_at: datetime) -> Message | None:
    """The message that has been due longest, its try counted before it is made."""
    row = tx.execute(
        f"""
        update webhook_message
           set attempts = attempts + 1, fresh = false, tried_at = %(now)s, due_at = %(again_at)s
         where id = (
           select id from webhook_message
            where webhook_id = %(webhook_id)s and state = 'waiting' and due_at <= %(now)s
            order by due_at, id limit 1)
        returning {MESSAGE_COLUMNS}
        """,
        {"webhook_id": webhook_id, "now": now, "again_at": again_at},
    ).fetchone()
    return message_of(row) if row else None


def settle_message(
    tx: Tx, message: Message, state: MessageState, due_at: datetime, said: tuple[int | None, str]
) -> None:
    """What became of a try; one that was counted again since is in other hands."""
    status, error = said
    tx.execute(
        """
        update webhook_message
           set state = %(state)s, due_at = %(due_at)s, status = %(status)s, error = %(error)s
         where id = %(id)s and attempts = %(attempts)s
        """,
        {
            "id": message.id,
            "attempts": message.attempts,
            "state": state,
            "due_at": due_at,
            "status": status,
            "error": error or None,
        },
    )


def save_success(tx: Tx, id_: UUID) -> None:
    tx.execute(
        """
        update webhook set failures = 0, failing_since = null, paused_until = null
         where id = %(id)s and failures > 0
        """,
        {"id": id_},
    )


def save_failure(tx: Tx, id_: UUID, now: datetime, paused_until: datetime | None) -> None:
    tx.execute(
        """
        update webhook
           set failures = failures + 1, failing_since = coalesce(failing_since, %(now)s),
               paused_until = %(paused_until)s
         where id = %(id)s
        """,
        {"id": id_, "now": now, "paused_until": paused_until},
    )


def save_disabled(tx: Tx, id_: UUID, reason: str) -> None:
    """Nothing more is sent there; what waits is given up, to be replayed by who wants it."""
    tx.execute(
        "update webhook set state = 'disabled', reason = %(reason)s, version = version + 1 "
        "where id = %(id)s",
        {"id": id_, "reason": reason},
    )
    tx.execute(
        "update webhook_message set state = 'failed', fresh = false, "
        "error = coalesce(error, %(reason)s) where webhook_id = %(id)s and state = 'waiting'",
        {"id": id_, "reason": reason},
    )


def list_messages(
    tx: Tx, webhook_id: UUID, state: str | None, before: UUID | None, limit: int
) -> tuple[Message, ...]:
    """Messages to a webhook, newest first."""
    rows = tx.execute(
        f"""
        select {MESSAGE_COLUMNS} from webhook_message
         where webhook_id = %(webhook_id)s
           and (%(state)s::text is null or state = %(state)s::text)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
         order by id desc limit %(limit)s
        """,
        {"webhook_id": webhook_id, "state": state, "before": before, "limit": limit},
    )
    return tuple(map(message_of, rows))


def replay_messages(
    tx: Tx, webhook_id: UUID, since: datetime, state: str | None, now: datetime
) -> int:
    """Have everything that happened since then sent again, under the ids it had."""
    return tx.execute(
        """
        update webhook_message
           set state = 'waiting', attempts = 0, due_at = %(now)s, fresh = false, error = null
         where webhook_id = %(webhook_id)s and at >= %(since)s and state <> 'waiting'
           and (%(state)s::text is null or state = %(state)s::text)
        """,
        {"webhook_id": webhook_id, "since": since, "state": state, "now": now},
    ).rowcount


def forget_messages(tx: Tx, before: datetime, rows_max: int) -> int:
    """Drop what was settled before then."""
    return tx.execute(
        """
        delete from webhook_message
         where id in (
           select id from webhook_message where state <> 'waiting' and at < %(before)s
            order by id limit %(rows_max)s)
        """,
        {"before": before, "rows_max": rows_max},
    ).rowcount
