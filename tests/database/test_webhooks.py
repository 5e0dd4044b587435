"""Webhooks: facts become messages once, and messages arrive, whatever their receiver does."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest
from standardwebhooks.webhooks import Webhook as TheirWebhook
from tests.factories import TESTER
from tests.posts import AROUND, WAIT_SECONDS, Post
from tests.receivers import (
    BROKEN,
    BUSY,
    CLOSE,
    DRIP,
    ENDLESS,
    GONE,
    HUGE,
    MOVED,
    NOISE,
    Receiver,
    receiving,
)
from tests.shops import open_shop
from tests.worlds import CHANNEL

from ovunque.integrations.webhooks import delivering, registering, rules
from ovunque.integrations.webhooks.dispatching import Dispatcher
from ovunque.integrations.webhooks.model import (
    MessageState,
    Webhook,
    WebhookRequest,
)
from ovunque.integrations.webhooks.registering import Change, Replay
from ovunque.kernel.ids import NewId, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.protecting import save_protections

STOCK = {("L001", "COAT"): 3, ("L001", "HAT"): 1}


@pytest.fixture
def post(database: Database, new_id: NewId) -> Iterator[Post]:
    with open_shop(database, new_id, STOCK, locations=2) as opened:
        yield Post(opened)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def test_an_order_is_told_as_the_api_shows_it(post: Post, receiver: Receiver) -> None:
    webhook = post.register(receiver.url)
    post.announce()
    order = post.shop.order([("COAT", 1)])
    assert post.announce() > 0
    post.deliver()

    (first,) = [each for each in receiver.taken if each.said["type"] == "order.placed"]
    TheirWebhook(webhook.secret).verify(first.body, first.headers)
    shown = first.said["data"]
    assert isinstance(shown, dict)
    assert (shown["id"], shown["number"]) == (public_id("ord", order.id), order.number)
    assert "stock.changed" in receiver.types()
    assert len(first.body) < rules.BODY_BYTES_MAX


def test_stock_is_told_once_an_item_and_channel(post: Post, receiver: Receiver) -> None:
    """Ten counts before anybody delivers are one message with the last number."""
    post.database.transact(
        lambda tx: registering.set_low(tx, TESTER, (CHANNEL, "COAT"), 2, post.at)
    )
    post.register(receiver.url, "stock.changed", "back_in_stock", "low_stock")
    post.announce()
    for units in range(10, 0, -1):
        post.count("COAT", units)
        post.announce()
    post.count("HAT", 0)
    post.announce()
    post.deliver()
    said = [each.said for each in receiver.taken]
    told = [(each["type"], each["data"]["sku"], each["data"]["available"]) for each in said]  # type: ignore[index]
    assert sorted(told) == [
        ("low_stock", "COAT", 2),
        ("stock.changed", "COAT", 1),
        ("stock.changed", "HAT", 0),
    ]

    post.count("HAT", 4)
    post.announce()
    post.deliver()
    assert receiver.types()[-2:] == ["stock.changed", "back_in_stock"]


def test_what_was_told_is_forgotten_once_nobody_listens(post: Post, receiver: Receiver) -> None:
    """Who listens again hears of no return to stock that happened long before."""
    types = ("stock.changed", "back_in_stock")
    before = post.register(receiver.url, *types)
    post.announce()
    post.count("HAT", 0)
    post.announce()
    post.database.transact(lambda tx: registering.remove(tx, TESTER, before.id, post.at))
    post.announce()
    assert post.database.read(lambda tx: tx.execute("select from stock_told").fetchall()) == []

    post.count("HAT", 4)
    post.register(receiver.url, *types)
    post.announce()
    post.count("HAT", 3)
    post.announce()
    post.deliver()
    assert receiver.types() == ["stock.changed"]


def test_what_time_alone_brings_on_sale_is_told(post: Post, receiver: Receiver) -> None:
    """A launch date comes and a stop-sale ends: each is told once, of the items it is about."""
    post.register(receiver.url, "stock.changed", "back_in_stock")
    post.announce()
    launch, end = post.at + timedelta(hours=1), post.at + timedelta(hours=2)
    rules_ = [
        ProtectionRequest(code="launch", kind="listing", sku="COAT", starts_at=launch),
        ProtectionRequest(code="recall", kind="stop", sku="HAT", ends_at=end),
    ]
    post.database.transact(lambda tx: save_protections(tx, TESTER, rules_, post.at))
    told: list[list[tuple[object, ...]]] = []
    for hour in (0, 1, 2, 3):
        seen = len(receiver.taken)
        post.shop.now = post.at = launch + timedelta(hours=hour - 1)
        for _ in range(2):
            post.shop.sweep("protections.turn")
            post.announce()
        post.deliver()
        said = [each.said for each in receiver.taken[seen:]]
        told += [[(each["type"], each["data"]["sku"], each["data"]["available"]) for each in said]]  # type: ignore[index]
    assert [*map(sorted, told)] == [
        [("stock.changed", "COAT", 0), ("stock.changed", "HAT", 0)],
        [("back_in_stock", "COAT", 3), ("stock.changed", "COAT", 3)],
        [("back_in_stock", "HAT", 1), ("stock.changed", "HAT", 1)],
        [],
    ]


def test_a_change_during_a_try_is_a_message_of_its_own(post: Post, receiver: Receiver) -> None:
    """What is on its way already says the number before."""
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    receiver.script += [BROKEN]
    post.count("COAT", 7)
    post.announce()
    post.deliver()
    post.count("COAT", 6)
    post.announce()
    assert [each.attempts for each in post.messages(webhook)] == [1, 0]
    post.wait_for(webhook)
    post.deliver()
    said = [each.said["data"]["available"] for each in receiver.taken]  # type: ignore[index]
    assert sorted(said[1:]) == [6, 7]


def test_a_receiver_hears_of_its_channels_alone(post: Post, receiver: Receiver) -> None:
    mine = post.register(receiver.url, "stock.changed", channels=(CHANNEL,))
    assert mine.covers(CHANNEL)
    assert not mine.covers("elsewhere")
    with pytest.raises(Refusal):
        post.register(receiver.url, "stock.changed", channels=("elsewhere",))


def test_nobody_is_told_what_happened_before_they_asked(post: Post, receiver: Receiver) -> None:
    post.shop.order([("COAT", 1)])
    post.at = now() + timedelta(seconds=1)
    webhook = post.register(receiver.url)
    post.announce()
    assert post.messages(webhook) == []


FAILURES = {
    "500": (BROKEN, 500, None),
    "redirect": (MOVED, 302, None),
    "closes": (CLOSE, None, "closed"),
    "drips": (DRIP, None, "no answer within"),
    "huge head": (HUGE, None, "too large"),
    "no http": (NOISE, None, "no HTTP"),
}


def test_what_a_receiver_does_wrong_is_tried_again(post: Post) -> None:
    """All of them at once: none is in another's way."""
    with ExitStack() as stack:
        receivers = {
            name: stack.enter_context(receiving([answer]))
            for name, (answer, *_) in FAILURES.items()
        }
        webhooks = {
            name: post.register(each.url, "stock.changed") for name, each in receivers.items()
        }
        post.announce()
        post.count("COAT", 5)
        post.announce()
        began = monotonic()
        post.deliver()
        assert monotonic() - began < 10 * post.seconds_max
        for name, (_, status, error) in FAILURES.items():
            (message,) = post.messages(webhooks[name])
            assert (message.state, message.status) == (MessageState.WAITING, status), name
            assert (error or "") in (message.error or "")
        assert post.deliver() == 0, "not before it is due"

        post.wait_for(webhooks["drips"])
        receivers.pop("drips")
        post.deliver()
        for name, receiver in receivers.items():
            first, second = receiver.taken
            assert first.headers["webhook-id"] == second.headers["webhook-id"]
            assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
            assert post.find(webhooks[name]).failures == 0


def test_a_body_without_end_is_not_waited_for(post: Post, receiver: Receiver) -> None:
    receiver.script += [ENDLESS]
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    post.count("COAT", 5)
    post.announce()
    post.deliver()
    assert [each.state for each in post.messages(webhook)] == [MessageState.DELIVERED]


def test_a_receiver_that_is_away_is_given_up_after_three_days(
    post: Post, receiver: Receiver
) -> None:
    """Ten tries, and nothing else meanwhile; then it is disabled, and can be replayed."""
    receiver.script += [BROKEN] * 20
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    began = post.at
    post.count("COAT", 5)
    post.announce()
    for _ in range(rules.ATTEMPTS_MAX):
        post.deliver()
        if post.find(webhook).state == "disabled":
            break
        post.wait_for(webhook)
    assert len(receiver.taken) == rules.ATTEMPTS_MAX
    assert timedelta(hours=75) < post.at - began < timedelta(hours=77)
    (message,) = post.messages(webhook)
    assert message.state == MessageState.FAILED
    assert post.find(webhook).reason == "It took nothing for three days."

    receiver.script.clear()
    change = Change(webhook_id=webhook.id, request=again(webhook), seen=None)
    post.database.transact(lambda tx: registering.change(tx, TESTER, change, AROUND, post.at))
    replay = Replay(webhook_id=webhook.id, since=began, state="failed")
    assert post.database.transact(lambda tx: registering.replay(tx, TESTER, replay, post.at)) == 1
    post.deliver()
    assert [each.state for each in post.messages(webhook)] == [MessageState.DELIVERED]
    assert len({each.headers["webhook-id"] for each in receiver.taken}) == 1


def again(webhook: Webhook) -> WebhookRequest:
    return WebhookRequest(
        url=webhook.url, name=webhook.name, types=webhook.types, channels=webhook.channels
    )


def test_410_ends_it_at_once(post: Post, receiver: Receiver) -> None:
    receiver.script += [GONE]
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    for sku in ("COAT", "HAT"):
        post.count(sku, 5)
    post.announce()
    assert post.deliver() == 1
    found = post.find(webhook)
    assert (found.state, found.reason) == ("disabled", "It answered 410 Gone.")
    assert {each.state for each in post.messages(webhook)} == {MessageState.FAILED}
    facts = post.database.read(lambda tx: journal.read(tx, journal.Cursor(1, 0, 0), 1_000))
    assert "webhook.disabled" in [fact.kind for fact in facts]
    post.count("COAT", 6)
    post.announce()
    assert len(post.messages(webhook)) == 2, "who is gone is told nothing more"


def test_who_asks_for_time_gets_it(post: Post, receiver: Receiver) -> None:
    receiver.script += [BUSY]
    post.register(receiver.url, "stock.changed")
    post.announce()
    for sku in ("COAT", "HAT"):
        post.count(sku, 5)
    post.announce()
    post.deliver()
    post.at += timedelta(minutes=59)
    assert post.deliver() == 0, "neither this message nor another one"
    post.at += timedelta(minutes=2)
    assert post.deliver() == 2


def test_who_keeps_failing_gets_a_single_try_now_and_then(post: Post, receiver: Receiver) -> None:
    """The circuit: many messages wait, one of them tries."""
    receiver.script += [BROKEN] * 6
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    for sku in ("COAT", "HAT"):
        post.count(sku, 5)
    post.announce()
    for _ in range(3):
        post.deliver()
        post.at += timedelta(seconds=1)
    assert len(receiver.taken) == 2, "each message once, then they wait"
    post.at += timedelta(minutes=10)
    post.deliver()
    assert post.find(webhook).paused_until is not None
    tried = len(receiver.taken)
    assert post.deliver() == 0
    post.at += timedelta(hours=3)
    receiver.script.clear()
    assert post.deliver() == 2
    assert len(receiver.taken) == tried + 2
    assert post.find(webhook).paused_until is None


def test_a_slow_receiver_keeps_nobody_else_waiting(post: Post, receiver: Receiver) -> None:
    post.seconds_max = 6.0  # A busy machine takes one of them.
    with ExitStack() as stack:
        slow = [stack.enter_context(receiving([DRIP])) for _ in range(2)]
        for each in slow:
            post.register(each.url, "stock.changed")
        post.register(receiver.url, "stock.changed")
        post.announce()
        post.count("COAT", 5)
        post.announce()
        with Dispatcher(post.database, post.courier) as dispatcher:
            began = monotonic()
            assert [dispatcher.dispatch() for _ in range(4)] == [1, 1, 1, 0]
            assert wait_until(lambda: receiver.types() == ["stock.changed"], WAIT_SECONDS)
            assert monotonic() - began < post.seconds_max


def test_a_courier_that_dies_leaves_its_message_to_another(post: Post, receiver: Receiver) -> None:
    """The lease runs out; the try was counted, and the receiver knows the id."""
    webhook = post.register(receiver.url, "stock.changed")
    post.announce()
    post.count("COAT", 5)
    post.announce()
    held = delivering.take_webhook(post.database, post.courier)
    assert held is not None
    assert post.deliver() == 0
    post.at += delivering.LEASE
    assert post.deliver() == 1
    assert [each.state for each in post.messages(webhook)] == [MessageState.DELIVERED]


def test_two_workers_tell_it_once(post: Post, receiver: Receiver) -> None:
    webhook = post.register(receiver.url, "order.placed")
    post.announce()
    post.shop.order_many(5, [("COAT", 1)])
    gate = Event()

    def work() -> None:
        gate.wait()
        post.announce()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    gate.set()
    for worker in workers:
        worker.join()
    post.announce()
    assert len(post.messages(webhook)) == 5


def test_a_body_that_is_too_large_tells_the_id_alone(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BODY_BYTES_MAX", 300)
    post.register(receiver.url, "order.placed")
    post.announce()
    order = post.shop.order([("COAT", 1)])
    post.announce()
    post.deliver()
    assert receiver.taken[0].said["data"] == {"id": public_id("ord", order.id), "truncated": True}
