"""A store does not serve who wanted to fetch there: whether its customer has to be asked.

Not where the goods still come in time, nor where only a part of them is missing: then the rest
waits at the store, and what is missing joins it there.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.delivery.model import Service
from ovunque.fulfillment import consulting
from ovunque.fulfillment.consulting import Answered
from ovunque.fulfillment.model import Fulfillment
from ovunque.fulfillment.model.consulting import Instead, PickupQuestion
from ovunque.fulfillment.rules import travels
from ovunque.orders import events
from ovunque.orders.model import Delivery, Order
from ovunque.orders.replanning import Hope
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

FETCHED = frozenset({Service.COLLECT, Service.EXPRESS_COLLECT})


def ask_customers(tx: Tx, done: Sequence[Hope], now: datetime) -> list[Fact]:
    """Ask those whose store serves nothing of what they wanted there; what is told of it."""
    asking = [
        (hope.waiting.order, question, expected_at)
        for hope in done
        for question, expected_at in _questions(hope, now)
    ]
    new = {id(each) for each in consulting.ask(tx, [question for _, question, _ in asking])}
    return [events.pickup_refused(*each) for each in asking if id(each[1]) in new]


def remind(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Tell customer care of customers who have not answered for long; how many were told of."""
    journal.lock(tx, order_ids)
    asked = consulting.remind(tx, order_ids, now)
    journal.record(tx, [events.pickup_unanswered(each) for each in asked], by=by.name, at=now)
    return len(asked)


def stop_asking(tx: Tx, by: Actor, order: Order, now: datetime) -> None:
    """Nobody has to answer for an order that was canceled; the caller holds and tells it."""
    for each in consulting.list_open(tx, [order.id]):
        canceled = Answered(answer=Instead.CANCELED, consent=None, by=by.name, at=now)
        consulting.answer(tx, each, canceled)


def expected_at(works: Sequence[Fulfillment]) -> datetime | None:
    """When all of it would be there; None: nobody can say."""
    arrivals = [work.arrives_at for work in works if work.arrives_at is not None]
    return max(arrivals) if arrivals and len(arrivals) == len(works) else None


def expected_for(order: Order, nth: int) -> datetime | None:
    """When a delivery would be at its store after all; None: nobody can say."""
    if any(line.waiting for line in order.lines if line.delivery == nth):
        return None
    return expected_at([w for w in order.fulfillments if w.is_live and w.delivery == nth])


def _questions(hope: Hope, now: datetime) -> Iterator[tuple[PickupQuestion, datetime | None]]:
    order = hope.waiting.order
    for delivery in order.deliveries:
        if delivery.service not in FETCHED or not _is_refused(hope, delivery):
            continue
        works = [work for work in hope.works if work.delivery == delivery.nth]
        lines = {line.id for line in order.lines if line.delivery == delivery.nth}
        at = None if lines & hope.given_up.keys() else expected_at(works)
        if not _is_in_time(order, delivery, at):
            assert delivery.location_id is not None, "what is fetched is fetched somewhere"
            yield (
                PickupQuestion(
                    order_id=order.id,
                    delivery=delivery.nth,
                    location_id=delivery.location_id,
                    asked_at=now,
                ),
                at,
            )


def _is_refused(hope: Hope, delivery: Delivery) -> bool:
    """Whether the store was to prepare it, and nothing of it is prepared there or comes now."""
    waiting = {work.id for work in hope.waiting.works}

    def is_there(work: Fulfillment) -> bool:
        return work.location_id == delivery.location_id and not travels(work)

    refused = [w for w in hope.waiting.works if w.delivery == delivery.nth and is_there(w)]
    others = [
        work
        for work in hope.waiting.order.fulfillments
        if work.is_live and work.delivery == delivery.nth and work.id not in waiting
    ]
    here = [work for work in hope.works if work.delivery == delivery.nth and is_there(work)]
    return bool(refused) and not others and not here


def _is_in_time(order: Order, delivery: Delivery, at: datetime | None) -> bool:
    promised = [each.latest for each in order.promises if each.delivery == delivery.nth]
    return at is not None and bool(promised) and at <= max(promised)
