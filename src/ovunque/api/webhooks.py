"""Webhooks: who is told what, their secrets, what was sent, and sending it again."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import IfMatch, tagged
from ovunque.api.idempotent import Once, Told
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.integrations.webhooks import registering, rules
from ovunque.integrations.webhooks.model import (
    Message,
    MessageState,
    Webhook,
    WebhookRequest,
    WebhookState,
)
from ovunque.integrations.webhooks.registering import Change, NewWebhook, Replay, Surroundings
from ovunque.kernel.ids import public_id
from ovunque.platform.database import Tx

router = resource("webhooks")
CONFIG = [need(Scope.CONFIG)]

WebhookId = Annotated[UUID, PublicId("whk")]
MessageId = Annotated[UUID, PublicId("msg")]
Address = Annotated[str, StringConstraints(min_length=8, max_length=rules.URL_LENGTH_MAX)]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=40)]
WantedState = Annotated[WebhookState, Field(strict=False)]


class WebhookBody(Body):
    url: Address = Field(description="https, on port 443 or 8443, in the open internet.")
    name: Name
    types: list[Kind] = Field(min_length=1, max_length=100, description="Types of events.")
    channels: list[Code] = Field(default=[], max_length=250, description="None: all channels.")
    state: WantedState = WebhookState.ENABLED


class WebhookShown(Shown):
    """A webhook and how it fares; a disabled one says why."""

    id: WebhookId
    url: str
    name: str
    types: list[str]
    channels: list[str]
    state: WebhookState
    reason: str | None
    failures: int = Field(description="In a row, until something was taken again.")
    failing_since: Instant | None
    paused_until: Instant | None = Field(description="Nothing is sent before: it kept failing.")
    created_at: Instant
    version: int


class WebhookWithSecret(WebhookShown):
    secret: str | None = Field(
        description="What signs its messages, shown this once: a replayed answer has none."
    )


class TestShown(Shown):
    message: MessageId


class MessageShown(Shown):
    """A message and what became of it; `status` is that of the last answer."""

    id: MessageId
    type: str
    subject: str
    at: Instant
    state: MessageState
    attempts: int
    due_at: Instant
    tried_at: Instant | None
    status: int | None
    error: str | None


class ReplayBody(Body):
    since: Instant = Field(description="Everything that happened since then is sent again.")
    state: Annotated[MessageState, Field(strict=False)] | None = Field(
        default=None, description="Only what is in this state, such as `failed`."
    )


class ReplayShown(Shown):
    messages: int


@router.post("/webhooks", status_code=201, response_model=WebhookWithSecret, dependencies=CONFIG)
def post_webhook(body: WebhookBody, call: Caller, once: Once) -> Response:
    """Have a program told what happens from now on, by Standard Webhooks."""
    new = NewWebhook(id=call.new_id(), secret=new_secret(call), request=request_of(body))
    around = around_of(call)
    return once.run(
        lambda tx: told(registering.register(tx, call.by, new, around, call.now), new.secret)
    )


@router.get("/webhooks", dependencies=CONFIG)
def get_webhooks(call: Caller, page: Paging) -> Listed[WebhookShown]:
    """All webhooks, oldest first."""
    after = page.after_id("whk")
    found = call.read(lambda tx: registering.list_webhooks(tx, after, page.rows_max))
    return page.show(found, show, lambda each: public_id("whk", each.id))


@router.get("/webhooks/{webhook_id}", response_model=WebhookShown, dependencies=CONFIG)
def get_webhook(webhook_id: WebhookId, call: Caller) -> Response:
    """One webhook."""
    webhook = call.read(lambda tx: registering.find(tx, webhook_id))
    return tagged(show(webhook), webhook.version)


@router.put("/webhooks/{webhook_id}", response_model=WebhookShown, dependencies=CONFIG)
def put_webhook(webhook_id: WebhookId, body: WebhookBody, call: Caller, seen: IfMatch) -> Response:
    """Replace what a webhook wants. Enabled again, it gets a fresh chance."""
    asked, around = (
        Change(webhook_id=webhook_id, request=request_of(body), seen=seen),
        around_of(call),
    )
    webhook = call.transact(lambda tx: registering.change(tx, call.by, asked, around, call.now))
    return tagged(show(webhook), webhook.version)


@router.delete("/webhooks/{webhook_id}", status_code=204, dependencies=CONFIG)
def delete_webhook(webhook_id: WebhookId, call: Caller) -> Response:
    """Take a webhook away with all its messages."""
    call.transact(lambda tx: registering.remove(tx, call.by, webhook_id, call.now))
    return Response(status_code=204)


@router.post(
    "/webhooks/{webhook_id}/secrets",
    status_code=201,
    response_model=WebhookWithSecret,
    dependencies=CONFIG,
)
def post_secret(webhook_id: WebhookId, call: Caller, once: Once) -> Response:
    """Change the secret. For a day the one before signs, too: each message has two signatures."""
    secret = new_secret(call)
    change = registering.change_secret
    return once.run(lambda tx: told(change(tx, call.by, webhook_id, secret, call.now), secret))


@router.post(
    "/webhooks/{webhook_id}/tests", status_code=201, response_model=TestShown, dependencies=CONFIG
)
def post_test(webhook_id: WebhookId, call: Caller, once: Once) -> Response:
    """Send a message of type `webhook.test`, to see whether it arrives."""
    message_id = call.new_id()

    def work(tx: Tx) -> TestShown:
        registering.try_out(tx, webhook_id, message_id, call.now)
        return TestShown(message=message_id)

    return once.run(work)


@router.get("/webhooks/{webhook_id}/deliveries", dependencies=CONFIG)
def get_deliveries(
    webhook_id: WebhookId,
    call: Caller,
    page: Paging,
    state: Annotated[MessageState | None, Query()] = None,
) -> Listed[MessageShown]:
    """Messages to a webhook, newest first."""
    before = page.after_id("msg")
    found = call.read(
        lambda tx: registering.list_messages(tx, webhook_id, state, before, page.rows_max)
    )
    return page.show(found, show_message, lambda each: public_id("msg", each.id))


@router.post(
    "/webhooks/{webhook_id}/replays",
    status_code=201,
    response_model=ReplayShown,
    dependencies=CONFIG,
)
def post_replay(webhook_id: WebhookId, body: ReplayBody, call: Caller, once: Once) -> Response:
    """Send again what happened since an instant, under the ids it had."""
    asked = Replay(webhook_id=webhook_id, since=body.since, state=body.state)
    return once.run(
        lambda tx: ReplayShown(messages=registering.replay(tx, call.by, asked, call.now))
    )


def new_secret(call: Call) -> str:
    return rules.secret_of(call.services.new_secret())


def around_of(call: Call) -> Surroundings:
    services = call.services
    return Surroundings(
        channels=services.snapshot().network.channels, private=services.settings.webhooks_inside
    )


def request_of(body: WebhookBody) -> WebhookRequest:
    return WebhookRequest(
        url=body.url,
        name=body.name,
        types=tuple(sorted(set(body.types))),
        channels=tuple(sorted(set(body.channels))),
        state=body.state,
    )


def told(webhook: Webhook, secret: str) -> Told:
    """The answer with the secret, and as it is kept: without."""
    shown = show(webhook).model_dump()
    return Told(
        sent=WebhookWithSecret(**shown, secret=secret),
        stored=WebhookWithSecret(**shown, secret=None),
    )


def show(webhook: Webhook) -> WebhookShown:
    return WebhookShown.model_validate(webhook, from_attributes=True)


def show_message(message: Message) -> MessageShown:
    return MessageShown.model_validate(message, from_attributes=True)
