"""All that moves orders on by itself: what is due is found unlocked, and done under its locks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog

from ovunque.access.model import SYSTEM, Actor
from ovunque.fulfillment import consulting, expiring, offering, visiting, waiting
from ovunque.fulfillment import pausing as moving_work
from ovunque.kernel.ids import NewId
from ovunque.network import pausing
from ovunque.orders import consulting as consulting_orders
from ovunque.orders import (
    dating_again,
    giving_way,
    improving,
    keeping_back,
    proposing,
    resourcing,
    serving_waiting,
)
from ovunque.orders import expiring as expiring_pickups
from ovunque.orders.dating_again import DateRequest
from ovunque.orders.expiring import ExpireRequest
from ovunque.orders.giving_way import ShortageRequest
from ovunque.orders.keeping_back import EndHoldsRequest
from ovunque.orders.proposing import ProposeRequest
from ovunque.orders.resourcing import SourceRequest
from ovunque.orders.serving_waiting import ServeRequest
from ovunque.platform.database import Database, Tx, first_line
from ovunque.promise import scoring
from ovunque.promise import watching as watching_promises
from ovunque.promise.watching import WatchRequest
from ovunque.sourcing import declaring
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import expiring as expiring_holds
from ovunque.stock import turning

EXPIRING_TURNS = 20
REST_SECONDS = 0.01
ORDERS_PER_ROUND_MAX = 200  # Their timelines are held meanwhile: whoever else wants one waits.

log = structlog.get_logger()

Due = Any  # What is due, by its name: the id of an order, the code of a rule.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Finds orders with something due, unlocked, and does it, under their locks.

    Several workers may sweep at once: who comes later finds nothing due any more.
    """

    name: str
    list_due: Callable[[Tx, datetime, int], Sequence[Due]]
    handle: Callable[[Tx, Sequence[Due], datetime], int]
    turns: int = 1  # Transactions in a round: short ones hold up nobody, many do not wait for all.
    rest_seconds: float = 0.0  # Behind each of them: orders that come meanwhile go first.


Handle = Callable[[Tx, Sequence[Due], datetime], int]


def by_system(work: Callable[[Tx, Actor, Sequence[Any], datetime], int]) -> Handle:
    """A use case that needs nothing but what is due."""
    return lambda tx, due, now: work(tx, SYSTEM, due, now)


VISITS = (
    Sweeper(name="visits.expire", list_due=visiting.list_due, handle=by_system(visiting.expire)),
    Sweeper(
        name="visits.remind", list_due=visiting.list_to_remind, handle=by_system(visiting.remind)
    ),
)
PLAIN_SWEEPERS = (
    *VISITS,
    Sweeper(name="locations.resume", list_due=pausing.list_due, handle=by_system(pausing.resume)),
    Sweeper(
        name="locations.move_work",
        list_due=moving_work.list_due,
        handle=by_system(moving_work.move),
    ),
    Sweeper(
        name="incidents.end", list_due=declaring.list_over, handle=by_system(declaring.end_all)
    ),
    Sweeper(
        name="incidents.halt",
        list_due=moving_work.list_to_halt,
        handle=by_system(moving_work.halt),
    ),
    Sweeper(name="protections.turn", list_due=turning.list_due, handle=by_system(turning.turn)),
    Sweeper(
        name="pickups.remind", list_due=waiting.list_to_remind, handle=by_system(waiting.remind)
    ),
    Sweeper(
        name="questions.remind",
        list_due=consulting.list_to_remind,
        handle=by_system(consulting_orders.remind),
    ),
    Sweeper(
        name="offers.expire", list_due=expiring.list_due, handle=by_system(expiring.expire_offers)
    ),
)


def sweepers(snapshot: Callable[[], Snapshot], new_id: NewId) -> tuple[Sweeper, ...]:
    """All that moves orders on by itself, in the order in which one leads to the other."""

    def source(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = SourceRequest(order_ids=order_ids, snapshot=snapshot(), new_id=new_id)
        return resourcing.source_again(tx, SYSTEM, request, now)

    def offer(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = ProposeRequest(order_ids=order_ids, snapshot=snapshot(), new_id=new_id)
        return proposing.propose_work(tx, SYSTEM, request, now)

    def give_way(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = ShortageRequest(order_ids=order_ids, secret=str(new_id()), new_id=new_id)
        return giving_way.give_way(tx, SYSTEM, request, now)

    def serve(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = ServeRequest(order_ids=order_ids, snapshot=snapshot(), new_id=new_id)
        return serving_waiting.serve_waiting(tx, SYSTEM, request, now)

    def date(tx: Tx, skus: Sequence[str], now: datetime) -> int:
        request = DateRequest(skus=skus, snapshot=snapshot())
        return dating_again.date_again(tx, SYSTEM, request, now)

    def watch(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        asked = WatchRequest(order_ids=order_ids, snapshot=snapshot())
        return watching_promises.watch(tx, SYSTEM, asked, now)

    return (
        Sweeper(
            name="holds.expire",
            list_due=expiring_holds.list_due,
            handle=by_system(expiring_holds.expire),
            turns=EXPIRING_TURNS,
            rest_seconds=REST_SECONDS,
        ),
        *PLAIN_SWEEPERS,
        *by_ids(new_id),
        Sweeper(name="orders.give_way", list_due=giving_way.list_due, handle=give_way),
        Sweeper(name="orders.source_again", list_due=resourcing.list_due, handle=source),
        Sweeper(name="orders.serve_waiting", list_due=serving_waiting.list_due, handle=serve),
        Sweeper(name="orders.date_again", list_due=dating_again.list_due, handle=date),
        Sweeper(name="offers.open", list_due=offering.list_due, handle=offer),
        Sweeper(
            name="orders.improve",
            list_due=improving.list_due,
            handle=improving.improver(snapshot, new_id),
        ),
        Sweeper(name="promises.watch", list_due=watching_promises.list_due, handle=watch),
        Sweeper(name="promises.score", list_due=scoring.list_due, handle=by_system(scoring.score)),
    )


def pickups(new_id: NewId) -> Sweeper:
    """What nobody came for, an order at a time."""

    def expire(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = ExpireRequest(order_ids=order_ids, new_id=new_id)
        return expiring_pickups.expire(tx, SYSTEM, request, now)

    return Sweeper(
        name="pickups.expire", list_due=waiting.list_due, handle=expire, turns=EXPIRING_TURNS
    )


def by_ids(new_id: NewId) -> tuple[Sweeper, Sweeper]:
    """What needs nothing but ids of its own beside what is due."""
    return kept_back(new_id), pickups(new_id)


def kept_back(new_id: NewId) -> Sweeper:
    """Orders whose holds end by themselves."""

    def end(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = EndHoldsRequest(order_ids=order_ids, new_id=new_id)
        return keeping_back.end_holds(tx, SYSTEM, request, now)

    return Sweeper(name="order_holds.end", list_due=keeping_back.list_due, handle=end)


def no_rest(_: float) -> None:
    """For whoever has no orders to let pass."""


def sweep(
    database: Database,
    sweeper: Sweeper,
    now: datetime,
    rest: Callable[[float], object] = no_rest,
) -> int:
    """One bounded round; returns how much was done. An order that fails does not hold up others."""
    done = 0
    for _ in range(sweeper.turns):
        due = database.read(lambda tx: sweeper.list_due(tx, now, ORDERS_PER_ROUND_MAX))
        swept = handle(database, sweeper, due, now) if due else 0
        done += swept
        if not swept:
            break
        rest(sweeper.rest_seconds)
    return done


def handle(database: Database, sweeper: Sweeper, due: Sequence[Due], now: datetime) -> int:
    """Do it for all in one transaction; if that fails, for each half, down to the one at fault."""
    try:
        return database.transact(lambda tx: sweeper.handle(tx, due, now))
    except psycopg.OperationalError:
        raise
    except Exception as error:
        if len(due) == 1:
            log.exception("sweeper.failed", sweeper=sweeper.name, error=first_line(error))
            return 0
    half = len(due) // 2
    return sum(handle(database, sweeper, part, now) for part in (due[:half], due[half:]))
