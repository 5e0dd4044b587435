"""Promises on their way: until when what has to be done, whether they hold, and what is told.

A promise is looked at when an order has taken it up, when its plan changes, and whenever the next
step is due. Each fact is told once: who looks a second time finds it told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.delivery.rules.instants import instant_of
from ovunque.fulfillment.listing import list_work_of
from ovunque.fulfillment.model import Fulfillment
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.promise import events, store
from ovunque.promise.model import KeptPromise, Milestones, Standing
from ovunque.promise.rules import milestones as rules
from ovunque.promise.rules.milestones import Way
from ovunque.promise.travelling import Leg, Ways
from ovunque.sourcing.snapshot import Snapshot

FOLLOWED = timedelta(days=60)  # After its date; what has not arrived by then never will.


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """Orders to look at, and what is known of locations and carriers."""

    order_ids: Sequence[UUID]
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A promise as it stands after a look at it."""

    promise: KeptPromise
    milestones: Mapping[UUID, Milestones]  # Of its live work.
    look_at: datetime | None
    facts: tuple[Fact, ...]


def list_due(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
    """Orders with a promise that may stand otherwise now, the longest due first."""
    return store.list_orders_to_look_at(tx, now, limit)


def watch(tx: Tx, by: Actor, request: WatchRequest, now: datetime) -> int:
    """See how the promises of these orders stand, and tell what is new; returns how many."""
    journal.lock(tx, request.order_ids)
    promises = store.list_watched(tx, request.order_ids)
    works = list_work_of(tx, [each.order_id for each in promises])
    known = store.list_milestones(tx, [work.id for work in works])
    ways = Ways(request.snapshot)
    seen = [
        look(each, [work for work in works if _is_of(work, each)], known, ways, now)
        for each in promises
    ]
    if seen:
        store.save_seen(tx, [(each.promise, each.look_at) for each in seen])
        store.save_milestones(
            tx,
            [
                (each.promise.order_id, id_, found)
                for each in seen
                for id_, found in each.milestones.items()
            ],
        )
        facts = [fact for each in seen for fact in each.facts]
        journal.record(tx, facts, by=by.name, at=now)
    return len(seen)


def _is_of(work: Fulfillment, promise: KeptPromise) -> bool:
    return (work.order_id, work.delivery) == (promise.order_id, promise.delivery)


def look(
    promise: KeptPromise,
    works: Sequence[Fulfillment],
    known: Mapping[UUID, Milestones],
    ways: Ways,
    now: datetime,
) -> Seen:
    """How a promise stands, what is told of it, and when to look again; None: it is at its end."""
    live = [work for work in works if work.is_live]
    if not live:
        return _unserved(promise, works, now)
    found = {}
    for work in live:
        way = ways.of(_leg_of(work, promise))
        mine = known.get(work.id) or _milestones(work, promise, way)
        was = known[work.id].standing if work.id in known else None
        found[work.id] = replace(mine, standing=rules.standing(work, mine, was, now))
    stands = rules.worst([each.standing for each in found.values()])
    pressed = [work for work in live if found[work.id].standing == stands]
    promise, facts = _tell(promise, stands, [work.location_id for work in pressed], now)
    if stands == Standing.LATE:
        latest = _expected(live, promise, ways, now)
        promise, more = _revise(promise, latest, now)
        facts = (*facts, *more)
    ended = all(rules.is_there(work) for work in live) or now > promise.latest + FOLLOWED
    again = [rules.look_at(work, found[work.id], found[work.id].standing, now) for work in live]
    return Seen(
        promise=promise, milestones=found, look_at=None if ended else min(again), facts=facts
    )


def _unserved(promise: KeptPromise, works: Sequence[Fulfillment], now: datetime) -> Seen:
    """Nobody works on it: it waits for goods, or nothing of it is wanted any more."""
    waits = any(work.replaced_at is not None for work in works)
    if not waits or now > promise.latest + FOLLOWED:
        return Seen(promise=promise, milestones={}, look_at=None, facts=())
    stands = Standing.LATE if now >= promise.latest else Standing.AT_RISK
    told, facts = _tell(promise, stands, [], now)
    return Seen(promise=told, milestones={}, look_at=now + rules.SELDOM, facts=facts)


def _milestones(work: Fulfillment, promise: KeptPromise, way: Way | None) -> Milestones:
    if way is not None:
        return rules.milestones(way, promise.latest)
    leaves = (
        each.get("leaves") for each in promise.basis if each["location"] == str(work.location_id)
    )
    planned = next((instant_of(int(each)) for each in leaves if each), None)
    return rules.unknown_way(promise.latest, planned)


def _tell(
    promise: KeptPromise, stands: Standing, locations: list[UUID], now: datetime
) -> tuple[KeptPromise, tuple[Fact, ...]]:
    """The promise as it stands; that it is at risk, and that it is late, is told once each."""
    promise = replace(promise, standing=stands)
    if stands == Standing.AT_RISK and promise.at_risk_at is None and promise.late_at is None:
        fact = events.endangered(promise, stands, locations)
        return replace(promise, at_risk_at=now), (fact,)
    if stands == Standing.LATE and promise.late_at is None:
        return replace(promise, late_at=now), (events.endangered(promise, stands, locations),)
    return promise, ()


def _revise(
    promise: KeptPromise, latest: datetime | None, now: datetime
) -> tuple[KeptPromise, tuple[Fact, ...]]:
    """The date that is told instead, if it is another one."""
    first = promise.revised is None
    if latest is None or not rules.is_news(promise.told, latest, now, first=first):
        return promise, ()
    return replace(promise, revised=latest, revised_at=now), (events.revised(promise, latest),)


def _expected(
    live: Sequence[Fulfillment], promise: KeptPromise, ways: Ways, now: datetime
) -> datetime | None:
    """When all of it is there by the present plan; None: of some of it nobody can say."""
    moments = []
    for work in live:
        way = ways.of(_leg_of(work, promise))
        if not rules.is_there(work):
            moments.append(rules.expected(work, way, now) if way else None)
    told = [each for each in moments if each is not None]
    return max(told) if told and len(told) == len(moments) else None


def _leg_of(work: Fulfillment, promise: KeptPromise) -> Leg:
    return Leg(
        location_id=work.location_id,
        carrier_service_id=work.carrier_service_id,
        service=work.service,
        destination=promise.destination,
        collect_at=work.collect_at,
        confidence_ppm=promise.confidence_ppm,
    )
