"""Customers are asked what happens instead, where a store does not serve who comes for goods.

Until they have answered nobody prepares what would replace them: its units are kept for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.fulfillment.model.consulting import Consent, Instead, PickupQuestion
from ovunque.fulfillment.store import consulting as store
from ovunque.platform.database import Tx

OPEN_MAX = 200
ANSWER_EXPECTED = timedelta(hours=4)  # Who has not answered by then is called.


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a customer, or whoever canceled the order, has said; who wrote it down, and when."""

    answer: Instead
    consent: Consent | None
    by: str
    at: datetime


def ask(tx: Tx, questions: Sequence[PickupQuestion]) -> tuple[PickupQuestion, ...]:
    """Those of them that were not asked already; the caller holds their orders and tells it."""
    asked = {
        (each.order_id, each.delivery)
        for each in store.list_open(tx, [each.order_id for each in questions])
    }
    new = tuple(each for each in questions if (each.order_id, each.delivery) not in asked)
    if new:
        store.add_questions(tx, new)
    return new


def answer(tx: Tx, question: PickupQuestion, answered: Answered) -> PickupQuestion:
    """The question with its answer; the caller holds its order and tells it."""
    closed = replace(
        question,
        answer=answered.answer,
        consent=answered.consent,
        answered_at=answered.at,
        answered_by=answered.by,
    )
    store.save_answer(tx, closed)
    return closed


def list_open(tx: Tx, order_ids: Sequence[UUID]) -> tuple[PickupQuestion, ...]:
    """What is asked about some orders and not answered."""
    return store.list_open(tx, order_ids)


def list_open_at(tx: Tx, location_id: UUID | None) -> tuple[PickupQuestion, ...]:
    """What waits for a customer's word at a location, or anywhere: the oldest first."""
    return store.list_open_at(tx, location_id, OPEN_MAX)


def list_to_remind(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders whose customers have let us wait: somebody calls them."""
    return store.list_orders_to_remind(tx, now - ANSWER_EXPECTED, limit)


def remind(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> tuple[PickupQuestion, ...]:
    """The questions of which somebody is told now, once; the caller holds their orders."""
    return store.save_reminded(tx, order_ids, now - ANSWER_EXPECTED, now)
