"""Promises are held against what became of them, as soon as they are due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.listing import list_work_of
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.promise import events, store
from ovunque.promise.model import Tally
from ovunque.promise.rules import scoring as rules

LOOKED_BACK = timedelta(days=28)
BY = ("service", "location", "carrier", "lane", "blame")


def list_due(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
    """Orders with a promise whose time has come, the oldest first."""
    return store.list_due_orders(tx, now, limit)


def score(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Say of every due promise of these orders whether it was kept; each once."""
    journal.lock(tx, order_ids)
    dues = store.list_due(tx, order_ids, now)
    works = list_work_of(tx, [each.order_id for each in dues])
    scores = [
        rules.score(due, [work for work in works if work.order_id == due.order_id], now)
        for due in dues
    ]
    if dues:
        store.save_scores(tx, list(zip(dues, scores, strict=True)), now)
        facts = [events.scored(due, each) for due, each in zip(dues, scores, strict=True)]
        journal.record(tx, facts, by=by.name, at=now)
    return len(dues)


def tell_drift(tx: Tx, by: Actor, now: datetime) -> tuple[Tally, ...]:
    """How each service's promises were kept lately; a fact of each that has begun to drift.

    It is told once, and again only after it was as it says in between.
    """
    tallies = store.list_tallies(tx, "service", now - LOOKED_BACK)
    drifted = {
        each.key: each
        for each in tallies
        if rules.has_drifted(each.due, each.kept + each.early, each.confidence_ppm)
    }
    begun = store.save_drifting(tx, sorted(drifted), now)
    facts = [
        events.drifted(each.key, each.due, each.kept + each.early, each.confidence_ppm)
        for each in drifted.values()
        if each.key in begun
    ]
    if facts:
        journal.record(tx, facts, by=by.name, at=now)
    return tallies


def list_tallies(tx: Tx, by: str, days: int, now: datetime) -> tuple[Tally, ...]:
    """How promises that were due lately were kept, by what distinguishes them."""
    assert by in BY
    return store.list_tallies(tx, by, now - timedelta(days=days))
