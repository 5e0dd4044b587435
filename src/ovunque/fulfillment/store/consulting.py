"""What customers are asked whose store does not serve them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model.consulting import PickupQuestion
from ovunque.platform.database import Tx, document

COLUMNS = """
  order_id, delivery_nth as delivery, location_id, asked_at, answer, consent, answered_at,
  answered_by
"""


def add_questions(tx: Tx, questions: Sequence[PickupQuestion]) -> None:
    tx.execute(
        """
        insert into pickup_question (order_id, delivery_nth, location_id, asked_at)
        select * from json_to_recordset(%(rows)s)
            as told (order_id uuid, delivery int, location_id uuid, asked_at timestamptz)
        """,
        {"rows": document(questions)},
    )


def save_answer(tx: Tx, question: PickupQuestion) -> None:
    """The one answer to an open question."""
    done = tx.execute(
        """
        update pickup_question
           set answer = %(answer)s, consent = %(consent)s, answered_at = %(answered_at)s,
               answered_by = %(answered_by)s
         where order_id = %(order_id)s and delivery_nth = %(delivery)s and answer is null
        """,
        {
            "order_id": question.order_id,
            "delivery": question.delivery,
            "answer": question.answer,
            "consent": question.consent,
            "answered_at": question.answered_at,
            "answered_by": question.answered_by,
        },
    )
    assert done.rowcount == 1, "a question is answered once"


def list_open(tx: Tx, order_ids: Sequence[UUID]) -> tuple[PickupQuestion, ...]:
    """What is asked about some orders and not answered."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from pickup_question
         where order_id = any(%(ids)s::uuid[]) and answer is null order by order_id, delivery_nth
        """,
        {"ids": list(order_ids)},
    )
    return tuple(_question(row) for row in rows)


def list_open_at(tx: Tx, location_id: UUID | None, limit: int) -> tuple[PickupQuestion, ...]:
    """What is asked about a location, or about all, and not answered; the oldest first."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from pickup_question
         where answer is null
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
         order by asked_at, order_id limit %(limit)s
        """,
        {"location_id": location_id, "limit": limit},
    )
    return tuple(_question(row) for row in rows)


def list_orders_to_remind(tx: Tx, asked_before: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with a question that nobody has answered for long, and nobody was told."""
    rows = tx.execute(
        """
        select order_id from pickup_question
         where answer is null and reminded_at is null and asked_at <= %(before)s
         order by asked_at, order_id limit %(limit)s
        """,
        {"before": asked_before, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def save_reminded(
    tx: Tx, order_ids: Sequence[UUID], asked_before: datetime, now: datetime
) -> tuple[PickupQuestion, ...]:
    """Somebody is told of these now, once."""
    rows = tx.execute(
        f"""
        update pickup_question set reminded_at = %(now)s
         where order_id = any(%(ids)s::uuid[]) and answer is null and reminded_at is null
           and asked_at <= %(before)s
        returning {COLUMNS}
        """,
        {"ids": list(order_ids), "before": asked_before, "now": now},
    )
    return tuple(sorted((_question(row) for row in rows), key=lambda each: each.order_id))


def _question(row: Sequence[Any]) -> PickupQuestion:
    order_id, delivery, location_id, asked_at, answer, consent, answered_at, answered_by = row
    return PickupQuestion(
        order_id=order_id,
        delivery=delivery,
        location_id=location_id,
        asked_at=asked_at,
        answer=answer,
        consent=consent,
        answered_at=answered_at,
        answered_by=answered_by,
    )
