"""A person takes back that a feed was accepted: its levels are as if it had never come.

A count is taken back by putting the level on the count of before; what moved since then is counted
anew, so that nothing is lost that came meanwhile. A movement is taken back by its opposite of the
same source and moment: whatever count contains the one contains the other. Where a newer count has
come the level says the truth already, and is left.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, Tx
from ovunque.stock import events, rules, unsettling
from ovunque.stock import store as levels_store
from ovunque.stock.balancing import balance
from ovunque.stock.confirming import settle
from ovunque.stock.counting import COUNTS_MAX
from ovunque.stock.keeping_single import hold_pieces, refuse_twice
from ovunque.stock.model import Key, Movement, MovementKind, StockLevel
from ovunque.stock.model.feeding import Feed, FeedKind, FeedState, Source, Without
from ovunque.stock.moving import move
from ovunque.stock.store import describing as sources_store
from ovunque.stock.store import feeding as feeds_store
from ovunque.stock.store import undoing as store
from ovunque.stock.store import unsettling as settled_store
from ovunque.stock.store import waiting as waiting_store
from ovunque.stock.store.accounting import save_spent
from ovunque.stock.store.counting import save_recounted

JOB = "stock.undo"
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000
REASON = "undone"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def note(tx: Tx, feed: Feed, keys: Sequence[Key]) -> None:
    """Keep what a feed finds, just before it is applied; the levels are locked from here on."""
    hold_pieces(tx, [key.sku for key in keys])
    levels_store.add_missing_levels(tx, keys)
    levels_store.lock_levels(tx, keys)
    settle(tx, ((key, LONG_AGO) for key in keys))
    store.add_before(tx, feed.id, keys)


def undo_feed(tx: Tx, by: Actor, feed_id: UUID, now: datetime) -> Feed:
    """Take back an accepted feed, a large one by the worker."""
    feed = feeds_store.lock_feed(tx, feed_id)
    if feed is None:
        raise Refusal("not_found", what="feed")
    if feed.state != FeedState.APPLIED:
        raise Refusal("transition_refused", state=feed.state.value, event=FeedState.UNDONE.value)
    if feed.client_id == by.client_id:
        raise Refusal("four_eyes")
    assert feed.ended_at is not None, "it was applied"
    levels = store.count_before(tx, feed.id)
    if feed.ended_at < now - KEPT or (not levels and feed.kind == FeedKind.COUNTS):
        raise Refusal("nothing_to_undo")
    store.save_undoing(tx, feed.id, by.name, now)
    journal.record(tx, [events.feed_undone(feed)], by=by.name, at=now)
    if max(levels, feed.booked) > COUNTS_MAX:
        body = {"feed": str(feed.id)}
        jobs.enqueue(tx, key=f"undo-{feed.id}", kind=JOB, due_at=now, body=body)
    else:
        while undo_portion(tx, by, feed, now):
            pass
    found = feeds_store.find_feed(tx, feed_id)
    assert found is not None
    return found


def undo_rest(database: Database, by: Actor, feed_id: UUID, now: datetime) -> None:
    """Take back what is left of a feed, a portion a transaction; cut off, it goes on behind it."""
    feed = database.read(lambda tx: feeds_store.find_feed(tx, feed_id))
    assert feed is not None
    while database.transact(lambda tx: undo_portion(tx, by, feed, now)):
        pass


def undo_portion(tx: Tx, by: Actor, feed: Feed, now: datetime) -> int:
    """The next levels of a feed that is taken back; returns how many: none ends it."""
    locked = feeds_store.lock_feed(tx, feed.id)
    if locked is None or locked.state != FeedState.UNDOING:
        return 0
    if locked.kind == FeedKind.MOVEMENTS:
        return _undo_movements(tx, by, locked, now)
    told = store.list_next(tx, feed.id, COUNTS_MAX)
    if not told:
        source = sources_store.find_source(tx, feed.source) or Source(code=feed.source)
        store.save_complete_restored(tx, feed.id, source)
        store.save_undone(tx, feed.id)
        return 0
    keys = [key for key, _ in told]
    singles = hold_pieces(tx, [key.sku for key in keys])
    before = levels_store.lock_levels(tx, keys)
    settle(tx, told)  # What was found the same since then is newer than the feed.
    restored = store.save_restored(tx, feed.id, feed.source, keys)
    settle(tx, ((key, LONG_AGO) for key in restored))  # What was found the same before it.
    levels = {level.key: level for level in save_recounted(tx, restored)}
    aside = unsettling.unsettle(tx, feed.id, keys, dict.fromkeys(restored), now)
    levels |= {level.key: level for level in aside}
    refuse_twice(tx, singles)
    if levels:
        was_short = any(level.free < 0 for level in before)
        changed = balance(tx, tuple(levels.values()), was_short, now)
        journal.record(tx, [events.changed(changed)], by=by.name, at=now)
    unsettling.reopen(tx, by, feed.id, (keys, restored), now)
    return len(told)


def _undo_movements(tx: Tx, by: Actor, feed: Feed, now: datetime) -> int:
    """The last of those that are booked and not taken back yet."""
    first = max(0, feed.booked - COUNTS_MAX)
    movements = waiting_store.list_waiting(tx, feed.id, first, feed.booked - first)
    if not movements:
        store.save_undone(tx, feed.id)
        return 0
    before = levels_store.lock_levels(tx, sorted({each.key for each in movements}))
    contained = waiting_store.list_contained(tx, feed.source, [each.id for each in movements])
    opposites = [
        opposite_of(feed, nth, each)
        for nth, each in enumerate(movements, first)
        if each.id not in contained
    ]
    if opposites:
        move(tx, by, feed.source, opposites, max(now, feed.received_at))
        back = [each.id for each in movements if each.id not in contained]
        save_spent(tx, feed.source, back)
        _unsettle_movements(tx, by, feed, (opposites, before), now)
    waiting_store.save_booked(tx, feed.id, first)
    return len(movements)


def _unsettle_movements(
    tx: Tx,
    by: Actor,
    feed: Feed,
    told: tuple[Sequence[Movement], Sequence[StockLevel]],
    now: datetime,
) -> None:
    """No more units of a level are set aside again than come back to it."""
    opposites, before = told
    back = Counter({each.key: 0 for each in opposites})
    for each in opposites:
        back[each.key] += max(0, each.quantity)
    keys = sorted(back)
    levels = unsettling.unsettle(tx, feed.id, keys, back, now)
    if levels:
        was_short = any(level.free < 0 for level in before)
        changed = balance(tx, levels, was_short, now)
        journal.record(tx, [events.changed(changed)], by=by.name, at=now)
    unsettling.reopen(tx, by, feed.id, (keys, keys), now)


def opposite_of(feed: Feed, nth: int, movement: Movement) -> Movement:
    """In the same books and of the same moment: whatever count has the one has the other."""
    return Movement(
        id=f"{public_id('fee', feed.id)}-{nth}",
        key=movement.key,
        kind=MovementKind.ADJUSTED,
        quantity=-rules.signed(movement),
        occurred_at=movement.occurred_at,
        reason=REASON,
    )


def list_without(tx: Tx, feed: Feed, after: Key | None, limit: int) -> tuple[Without, ...]:
    """What a feed changed, level by level, and how it would be without it."""
    if feed.kind == FeedKind.COUNTS:
        return unsettling.tell(
            tx, feed.id, store.list_without(tx, feed.id, feed.source, after, limit)
        )
    if feed.ended_at is None or feed.state == FeedState.REJECTED:
        return ()
    found = waiting_store.list_without(tx, feed, public_id("fee", feed.id), after, limit)
    return unsettling.tell(tx, feed.id, found)


def forget_old(database: Database, _: object, now: datetime) -> None:
    """Forget what was found by feeds that nobody undid for a month: a job of the worker."""
    database.transact(lambda tx: settled_store.remove_settled(tx, now - KEPT))
    while database.transact(lambda tx: store.remove_before(tx, now - KEPT, FORGOTTEN_AT_ONCE)):
        pass
