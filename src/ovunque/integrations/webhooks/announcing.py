"""From the journal to messages: who wants to know of a fact gets a message in the same commit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from uuid import UUID

from ovunque.integrations.webhooks import rules, store
from ovunque.integrations.webhooks.model import (
    ORDER_TYPES,
    PARCEL_TYPES,
    STOCK_TYPES,
    WORK_TYPES,
    News,
    Webhook,
)
from ovunque.integrations.webhooks.store import telling
from ovunque.kernel.ids import NewId, public_id
from ovunque.orders.listing import list_by_id
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Cursor, Entry
from ovunque.sourcing.noticing import changed_items
from ovunque.sourcing.selling import available, reach_of
from ovunque.sourcing.snapshot import Snapshot

SUBSCRIBER = "webhooks"
ENTRIES_MAX = 500
BEHIND_MAX = 1_000  # Writers: so far the place of a subscriber for whom nobody waits may lag.
OF_ORDERS = ORDER_TYPES | WORK_TYPES | PARCEL_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """What it takes to tell: the snapshot knows what channels may sell."""

    snapshot: Snapshot
    new_id: NewId


def announce(tx: Tx, announcer: Announcer, now: datetime) -> int:
    """Turn the next facts into messages; returns how many facts that were.

    Only those that the snapshot has seen, too: a number told is never older than its fact.
    """
    webhooks = store.list_enabled(tx)
    cursor = journal.lock_cursor(tx, SUBSCRIBER)
    if cursor is None:
        return 0
    _forget_unheard(tx, announcer.snapshot, webhooks)
    if not webhooks:
        _pass_over(tx, cursor)
        return 0
    seen = announcer.snapshot.version
    read = journal.read(tx, cursor, ENTRIES_MAX)
    entries = [entry for entry in read if entry.cursor <= seen]
    news = _of_stock(tx, announcer, webhooks, entries, now)
    told = [*news, *_of_orders(tx, announcer, webhooks, entries)]
    store.add_news(tx, told, now)
    if entries:
        journal.save_cursor(tx, SUBSCRIBER, entries[-1].cursor)
    return len(entries)


def _pass_over(tx: Tx, cursor: Cursor) -> None:
    """Nobody listens: what happens now is never told."""
    end = journal.end(tx)
    if end.epoch > cursor.epoch or end.writer > cursor.writer + BEHIND_MAX:
        journal.save_cursor(tx, SUBSCRIBER, end)


def _forget_unheard(tx: Tx, snapshot: Snapshot, webhooks: Sequence[Webhook]) -> None:
    """What was told of a channel says nothing any more once nobody listens to it.

    Else whoever listens to it again would be told of changes since then. A channel at a time.
    """
    heard = _listening(snapshot, webhooks)
    telling.remove_told(tx, [each for each in snapshot.network.channels if each not in heard])


def _of_orders(
    tx: Tx, announcer: Announcer, webhooks: Sequence[Webhook], entries: Sequence[Entry]
) -> Iterator[News]:
    """Facts of orders and of the work on them, to each webhook that wants to know."""
    facts = [entry for entry in entries if entry.kind in OF_ORDERS]
    channels = _channels_of(tx, announcer.snapshot, {e.order_id for e in facts if e.order_id})
    for entry, webhook in product(facts, webhooks):
        channel = channels.get(entry.order_id) if entry.order_id else None
        if not webhook.wants(entry.kind, channel) or entry.at < webhook.created_at:
            continue
        for subject in subjects_of(entry):
            yield News(
                id=announcer.new_id(),
                webhook_id=webhook.id,
                type=entry.kind,
                subject=subject,
                at=entry.at,
                trace=entry.body.get("trace", ""),
            )


def _channels_of(tx: Tx, snapshot: Snapshot, order_ids: Iterable[UUID]) -> dict[UUID, str]:
    ids = sorted(order_ids)
    views = snapshot.network.channel_of
    orders = list_by_id(tx, ids) if ids else ()
    return {order.id: views[order.channel_id].channel.code for order in orders}


def subjects_of(entry: Entry) -> list[str]:
    """What a message about a fact shows: an order, its work at a location, or parcels."""
    if entry.kind in PARCEL_TYPES:
        parcels = entry.body.get("parcels") or [entry.body["parcel"]]
        return [public_id("par", UUID(each)) for each in parcels]
    if entry.kind in ORDER_TYPES:
        assert entry.order_id is not None
        return [public_id("ord", entry.order_id)]
    return [entry.subject]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A channel may sell another number of an item than webhooks were told."""

    channel: str
    sku: str
    before: int | None
    now: int
    few: int | None  # How few are few of it there.


def _of_stock(
    tx: Tx,
    announcer: Announcer,
    webhooks: Sequence[Webhook],
    entries: Sequence[Entry],
    now: datetime,
) -> Iterator[News]:
    """What channels may sell now that they could not, or could and cannot.

    A channel that is listened to for the first time is noted as it is: nothing has changed yet.
    """
    snapshot = announcer.snapshot
    listening = _listening(snapshot, webhooks)
    for channel in listening:
        if not telling.is_told(tx, channel):
            telling.save_told(tx, channel, _numbers(snapshot, channel, snapshot.catalog.items, now))
    changed = changed_items(snapshot, entries)
    if not changed:
        return
    low, at = telling.list_low(tx), entries[-1].at
    now = max(now, at)  # By whose clock a launch date has come, it has come.
    for channel, listeners in listening.items():
        for each in _differences(tx, channel, _numbers(snapshot, channel, changed, now), low):
            yield from _news_of(announcer, each, listeners, at)


def _differences(
    tx: Tx, channel: str, numbers: Mapping[str, int], low: Mapping[tuple[str, str], int]
) -> list[Difference]:
    """What differs from what was told, which it is by now."""
    told = telling.list_told(tx, channel, list(numbers))
    differing = {sku: units for sku, units in numbers.items() if told.get(sku) != units}
    telling.save_told(tx, channel, differing)
    return [
        Difference(
            channel=channel,
            sku=sku,
            before=told.get(sku),
            now=units,
            few=rules.few(low, channel, sku),
        )
        for sku, units in differing.items()
    ]


def _news_of(
    announcer: Announcer, each: Difference, listeners: Sequence[Webhook], at: datetime
) -> Iterator[News]:
    data = {"channel": each.channel, "sku": each.sku, "available": each.now, "as_of": at}
    for kind in rules.kinds(each.before, each.now, each.few):
        for webhook in listeners:
            if kind in webhook.types:
                yield News(
                    id=announcer.new_id(),
                    webhook_id=webhook.id,
                    type=kind,
                    subject=f"{each.channel} {each.sku}",
                    at=at,
                    data=data,
                )


def _listening(snapshot: Snapshot, webhooks: Sequence[Webhook]) -> dict[str, list[Webhook]]:
    """Who wants to know about stock, by channel."""
    return {
        channel: listeners
        for channel in snapshot.network.channels
        if (listeners := [w for w in webhooks if STOCK_TYPES & {*w.types} and w.covers(channel)])
    }


def _numbers(
    snapshot: Snapshot, channel: str, skus: Iterable[str], now: datetime
) -> Mapping[str, int]:
    """What a channel may sell of some items."""
    reach = reach_of(snapshot.network.channels[channel], snapshot.network, None)
    return {sku: available(snapshot, reach, sku, now) for sku in skus}
