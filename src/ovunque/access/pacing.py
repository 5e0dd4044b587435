"""Programs that move stock: who suddenly moves far more than is usual is held for a person.

A leaked key, or a program gone mad, rewrites stock slowly enough for every single feed to look
sound. What is usual is learned by the hour; orders and holds are not counted, they have quotas.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from ovunque.access import events, store
from ovunque.access.model import Actor, ClientHold
from ovunque.access.ports import Stock
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.settings import Settings
from ovunque.platform.telemetry import HELD

LEARNED_FOR = timedelta(days=28)
TIMES_USUAL = 3  # The busiest day of the year is no theft.

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRequest:
    """What a program moves now, and what the house is like."""

    units: int
    on_hand: int  # Units of the whole network.
    share_percent: int  # Of them, which it may move within an hour.
    units_free: int  # So many are never too many.


def units_max_of(request: PaceRequest, usual: int) -> int:
    """How many units a program may move within an hour."""
    share = request.on_hand * request.share_percent // 100
    return max(request.units_free, share, TIMES_USUAL * usual)


def note_units(tx: Tx, by: Actor, request: PaceRequest, now: datetime) -> ClientHold | None:
    """Count what a program moves; the hold that is on it now, if it is too much."""
    if request.units == 0:
        return None
    hour = now.replace(minute=0, second=0, microsecond=0)
    units = store.add_units(tx, by.client_id, hour, request.units)
    if units <= max(request.units_free, request.on_hand * request.share_percent // 100):
        return None
    usual = store.find_usual(tx, by.client_id, hour - LEARNED_FOR, hour)
    most = units_max_of(request, usual)
    if units <= most:
        return None
    hold = ClientHold(
        client_id=by.client_id, client=by.name, units=units, units_max=most, held_at=now
    )
    if store.add_client_hold(tx, hold):
        journal.record(tx, [events.client_held(hold)], by=by.name, at=now)
    return hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacer:
    """Counts what programs move, by whichever process it comes in; tells who is held for it."""

    stock: Callable[[], Stock]
    share_percent: int
    units_free: int

    def count(self, tx: Tx, by: Actor, units: int, now: datetime) -> ClientHold | None:
        """Within a transaction: what is done stands, and the next write is refused."""
        if not units:
            return None
        request = PaceRequest(
            units=units,
            on_hand=self.stock().units(),
            share_percent=self.share_percent,
            units_free=self.units_free,
        )
        hold = note_units(tx, by, request, now)
        if hold is not None:
            HELD.inc()
            log.warning("key.held", client=hold.client, units=hold.units, most=hold.units_max)
        return hold

    def weigh(self, database: Database, by: Actor, units: int, now: datetime) -> None:
        """Count what a program is about to move; refused when it is suddenly too much."""
        if units and database.transact(lambda tx: self.count(tx, by, units, now)) is not None:
            raise Refusal("key_held")


def pacer_of(settings: Settings, stock: Callable[[], Stock]) -> Pacer:
    """How much of the stock a program may move, as the settings say."""
    return Pacer(
        stock=stock,
        share_percent=settings.key_stock_percent,
        units_free=settings.key_stock_units,
    )


def list_client_holds(tx: Tx) -> tuple[ClientHold, ...]:
    """Whose keys write nothing now, the longest held first."""
    return store.list_client_holds(tx)


def release_client(tx: Tx, by: Actor, client_id: UUID, now: datetime) -> None:
    """Somebody has looked: its keys write again, and this hour is counted anew."""
    name = store.remove_client_hold(tx, client_id)
    if name is None:
        raise Refusal("not_found", what="hold of a program")
    hour = now.replace(minute=0, second=0, microsecond=0)
    store.remove_paces(tx, client_id, hour - LEARNED_FOR, hour)
    journal.record(tx, [events.client_released(client_id, name)], by=by.name, at=now)
