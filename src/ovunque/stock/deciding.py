"""A person decides about a feed that was held."""

from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, Tx
from ovunque.stock import events, undoing, unsettling
from ovunque.stock import store as levels_store
from ovunque.stock.counting import COUNTS_MAX, CountRequest, take_counts
from ovunque.stock.model import Key, Movement
from ovunque.stock.model.feeding import Difference, Feed, FeedKind, FeedState, Source
from ovunque.stock.moving import MOVEMENTS_MAX, move
from ovunque.stock.ports import PickedUnits, nothing_picked
from ovunque.stock.store import describing as sources_store
from ovunque.stock.store import feeding as store
from ovunque.stock.store import undoing as undoing_store
from ovunque.stock.store import waiting as waiting_store
from ovunque.stock.weighing import begin

JOB = "stock.feed"
AT_ONCE_MAX = COUNTS_MAX  # More rows are left to the worker.


def accept_feed(
    tx: Tx, by: Actor, feed_id: UUID, now: datetime, picked: PickedUnits = nothing_picked
) -> Feed:
    """The feed is true after all: it is applied, a large one by the worker."""
    feed = _decide(tx, by, feed_id, FeedState.ACCEPTED, now)
    if feed.kind == FeedKind.COUNTS:
        undoing_store.save_complete_before(tx, feed.id)
        begin(tx, _source(tx, feed), store.list_feed_complete(tx, feed.id), now)
    if feed.rows > AT_ONCE_MAX:
        jobs.enqueue(tx, key=f"feed-{feed.id}", kind=JOB, due_at=now, body={"feed": str(feed.id)})
    else:
        while apply_portion(tx, by, feed, picked, now):
            pass
    return find_feed(tx, feed_id)


def reject_feed(tx: Tx, by: Actor, feed_id: UUID, now: datetime) -> Feed:
    """The feed is wrong: nothing of it is ever applied."""
    _decide(tx, by, feed_id, FeedState.REJECTED, now)
    return find_feed(tx, feed_id)


def _decide(tx: Tx, by: Actor, feed_id: UUID, state: FeedState, now: datetime) -> Feed:
    feed = store.lock_feed(tx, feed_id)
    if feed is None:
        raise Refusal("not_found", what="feed")
    if feed.state != FeedState.HELD:
        raise Refusal("transition_refused", state=feed.state.value, event=state.value)
    if feed.client_id == by.client_id:
        raise Refusal("four_eyes")
    store.save_decided(tx, feed_id, state, by.name, now)
    journal.record(tx, [events.feed_decided(feed, state)], by=by.name, at=now)
    return feed


def apply_feed(
    database: Database, by: Actor, feed_id: UUID, now: datetime, picked: PickedUnits
) -> None:
    """Apply an accepted feed, a portion a transaction; cut off, it goes on with what is left."""
    feed = database.read(lambda tx: find_feed(tx, feed_id))
    while feed.state == FeedState.ACCEPTED:
        if not database.transact(lambda tx: apply_portion(tx, by, feed, picked, now)):
            return


def apply_portion(tx: Tx, by: Actor, feed: Feed, picked: PickedUnits, now: datetime) -> int:
    """The next rows of an accepted feed; returns how many: none ends it."""
    locked = store.lock_feed(tx, feed.id)
    if locked is None or locked.state != FeedState.ACCEPTED:
        return 0
    if locked.kind == FeedKind.MOVEMENTS:
        return _book_portion(tx, by, locked, now)
    counts = store.remove_feed_counts(tx, feed.id, COUNTS_MAX)
    changed = 0
    if counts:
        keys, at = [each.key for each in counts], _not_before(feed, now)
        undoing.note(tx, feed, keys)
        before = unsettling.look(tx, keys)
        told = CountRequest(source=_source(tx, feed), counts=counts, picked=picked)
        changed = take_counts(tx, by, told, at).changed
        undoing_store.save_told(tx, feed.id)
        unsettling.note_settled(tx, feed.id, keys, before, at)
    store.save_applied(tx, feed.id, changed, None if counts else now)
    return len(counts)


def _book_portion(tx: Tx, by: Actor, feed: Feed, now: datetime) -> int:
    movements = waiting_store.list_waiting(tx, feed.id, feed.booked, MOVEMENTS_MAX)
    booked = 0
    if movements:
        keys, at = sorted({each.key for each in movements}), _not_before(feed, now)
        levels_store.lock_levels(tx, keys)
        before = unsettling.look(tx, keys)
        booked = move(tx, by, feed.source, movements, at).booked
        unsettling.note_settled(tx, feed.id, keys, before, at)
        waiting_store.save_booked(tx, feed.id, feed.booked + len(movements))
    store.save_applied(tx, feed.id, booked, None if movements else now)
    return len(movements)


def _not_before(feed: Feed, now: datetime) -> datetime:
    """What was no tomorrow when it came is none by another clock either, one that runs behind."""
    return max(now, feed.received_at)


def _source(tx: Tx, feed: Feed) -> Source:
    return sources_store.find_source(tx, feed.source) or Source(code=feed.source)


def find_feed(tx: Tx, feed_id: UUID) -> Feed:
    found = store.find_feed(tx, feed_id)
    if found is None:
        raise Refusal("not_found", what="feed")
    return found


def list_feeds(
    tx: Tx, *, state: str | None, source: str | None, before: UUID | None, limit: int
) -> tuple[Feed, ...]:
    """Feeds that were held, newest first."""
    return store.list_feeds(tx, state=state, source=source, before=before, limit=limit)


def list_differences(
    tx: Tx, feed_id: UUID, after: Key | None, limit: int
) -> tuple[Difference, ...]:
    """Where a held feed tells other numbers than we have."""
    find_feed(tx, feed_id)
    return store.list_differences(tx, feed_id, after, limit)


def list_movements(tx: Tx, feed_id: UUID, first: int, limit: int) -> tuple[Movement, ...]:
    """The movements of a feed in the order in which they were told, from one of them on."""
    find_feed(tx, feed_id)
    return waiting_store.list_waiting(tx, feed_id, first, limit)
