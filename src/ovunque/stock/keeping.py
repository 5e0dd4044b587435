"""Holds as they stand, how many somebody has, and how long they last."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, store
from ovunque.stock.model import Hold, HoldState
from ovunque.stock.store import holding as hold_store

Owner = tuple[UUID, str]  # The client, and whose it is in the client's words.
OWNED_MAX = {True: 10, False: 10_000}  # Standing holds of a reference; of a client without one.
LASTS_MAX = timedelta(hours=24)  # From the moment it was made, with all extensions.


def find_holds(tx: Tx, ids: Collection[UUID]) -> Mapping[UUID, Hold]:
    """Some holds, unlocked; whether their units still stand is seen under the locks."""
    return hold_store.list_holds_of(tx, ids)


def find_hold(tx: Tx, by: Actor, hold_id: UUID) -> Hold:
    """A client's own hold."""
    found = hold_store.list_holds_of(tx, [hold_id]).get(hold_id)
    if found is None or found.client_id != by.client_id:
        raise Refusal("not_found", what="hold")
    return found


def list_holds(
    tx: Tx,
    channel_id: UUID | None,
    after: UUID | None,
    limit: int,
    now: datetime,
) -> tuple[Hold, ...]:
    """Holds whose time is not over, the oldest first."""
    return hold_store.list_open_holds(tx, channel_id, after, limit, now)


def count_owned(tx: Tx, owners: Collection[Owner], now: datetime) -> Mapping[Owner, int]:
    """How many holds each has; nobody else counts those with a reference meanwhile."""
    named = [owner for owner in owners if owner[1]]
    if named:
        hold_store.lock_owners(tx, named)
    return hold_store.count_holds(tx, owners, max(OWNED_MAX.values()), now)


def add_holds(tx: Tx, holds: Collection[Hold]) -> None:
    """Write holds whose units were claimed in this transaction."""
    hold_store.add_holds(tx, holds)


def end_holds(tx: Tx, state: HoldState, order_ids: dict[UUID, UUID | None], now: datetime) -> None:
    """Say that holds were released, or which orders took them over, in the claim's transaction."""
    hold_store.save_endings(tx, state, order_ids, now)


def extend(tx: Tx, by: Actor, hold_id: UUID, minutes: int, now: datetime) -> Hold:
    """The hold with so many minutes from now; refused when it has ended, swept or not."""
    found = find_hold(tx, by, hold_id)
    store.lock_levels(tx, sorted({each.key for each in found.reservations}))
    hold = find_hold(tx, by, hold_id)
    state = hold.state(now)
    if state != HoldState.HELD or len(hold.reservations) < len(found.reservations):
        raise Refusal("hold_ended", state=HoldState.EXPIRED if state == HoldState.HELD else state)
    until = now + timedelta(minutes=minutes)
    if until > hold.created_at + LASTS_MAX:
        raise Refusal("hold_too_long", hours=LASTS_MAX // timedelta(hours=1))
    hold_store.save_expiry(tx, hold, until)
    journal.record(tx, events.holds(events.EXTENDED, [hold.id]), by=by.name, at=now)
    return find_hold(tx, by, hold_id)
