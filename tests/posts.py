"""Webhooks with a hand on their clock: announced and delivered when a test says so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.factories import TESTER
from tests.shops import Shop
from tests.worlds import CHANNEL, put

from ovunque.api.webhooks_shown import renders
from ovunque.integrations.webhooks import registering, rules
from ovunque.integrations.webhooks.announcing import Announcer, announce
from ovunque.integrations.webhooks.delivering import Courier, deliver_due
from ovunque.integrations.webhooks.model import (
    TYPES,
    Message,
    MessageState,
    Webhook,
    WebhookRequest,
)
from ovunque.integrations.webhooks.registering import NewWebhook, Surroundings
from ovunque.integrations.webhooks.sending import Sender
from ovunque.platform.clock import new_secret, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

AROUND = Surroundings(channels=[CHANNEL], private=True)
WAIT_SECONDS = 10


@dataclass
class Post:
    """Announces and delivers when a test says so, on a clock that moves when it says so."""

    shop: Shop
    at: datetime = field(default_factory=now)
    seconds_max: float = 0.5

    @property
    def database(self) -> Database:
        return self.shop.database

    @property
    def courier(self) -> Courier:
        return Courier(
            sender=Sender(private=True, seconds_max=self.seconds_max),
            renders=renders(self.shop.services.snapshot),
            clock=lambda: self.at,
            jitter=lambda: 0.0,
        )

    def register(self, url: str, *types: str, channels: tuple[str, ...] = ()) -> Webhook:
        request = WebhookRequest(url=url, name="shop", types=types or TYPES, channels=channels)
        new = NewWebhook(
            id=self.shop.services.new_id(), secret=rules.secret_of(new_secret()), request=request
        )
        register = registering.register
        return self.database.transact(lambda tx: register(tx, TESTER, new, AROUND, self.at))

    def announce(self) -> int:
        """Tell everything that is settled by now."""
        snapshot = self.shop.services.snapshot()
        end = self.database.read(
            lambda tx: tx.execute("select max(writer::text::bigint) from journal").fetchone()
        )
        assert end is not None
        assert wait_until(lambda: snapshot.version.writer >= end[0], WAIT_SECONDS)
        announcer = Announcer(snapshot=snapshot, new_id=self.shop.services.new_id)
        told = 0
        while some := self.database.transact(lambda tx: announce(tx, announcer, self.at)):
            told += some
        return told

    def deliver(self) -> int:
        tried = 0
        while some := deliver_due(self.database, self.courier):
            tried += some
        return tried

    def count(self, sku: str, units: int) -> None:
        self.at += timedelta(seconds=1)
        put(self.database, {("L001", sku): units}, TESTER, self.at)

    def messages(self, webhook: Webhook) -> list[Message]:
        listed = registering.list_messages
        found = self.database.read(lambda tx: listed(tx, webhook.id, None, None, 100))
        return [*reversed(found)]

    def find(self, webhook: Webhook) -> Webhook:
        return self.database.read(lambda tx: registering.find(tx, webhook.id))

    def wait_for(self, webhook: Webhook) -> None:
        """Time passes until something is due again."""
        (message, *_) = [m for m in self.messages(webhook) if m.state == MessageState.WAITING]
        paused = self.find(webhook).paused_until or self.at
        self.at = max(message.due_at, paused)
