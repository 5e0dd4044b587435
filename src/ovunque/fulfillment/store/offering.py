"""Offers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model import Offer, OfferState
from ovunque.platform.database import Tx, document

COLUMNS = """
  id, fulfillment_id, order_id, location_id, state, opened_at, accept_by, closed_at, closed_by,
  reason
"""


def add_offers(tx: Tx, offers: Sequence[Offer]) -> None:
    tx.execute(
        """
        insert into offer (id, fulfillment_id, order_id, location_id, state, opened_at,
                           accept_by, closed_at, closed_by, reason)
        select id, fulfillment_id, order_id, location_id, state, opened_at, accept_by, closed_at,
               closed_by, reason
          from json_to_recordset(%(rows)s)
            as told (id uuid, fulfillment_id uuid, order_id uuid, location_id uuid, state text,
                     opened_at timestamptz, accept_by timestamptz, closed_at timestamptz,
                     closed_by text, reason text)
        """,
        {"rows": document(offers)},
    )


def save_closed(tx: Tx, offers: Sequence[Offer]) -> None:
    """Close open offers as they say."""
    done = tx.execute(
        """
        update offer
           set state = told.state, closed_at = told.closed_at, closed_by = told.closed_by,
               reason = told.reason
          from json_to_recordset(%(rows)s)
            as told (id uuid, state text, closed_at timestamptz, closed_by text, reason text)
         where offer.id = told.id and offer.state = 'open'
        """,
        {"rows": document(offers)},
    )
    assert done.rowcount == len(offers), "an offer that is closed stays closed"


def list_offers(tx: Tx, fulfillment_ids: Sequence[UUID]) -> tuple[Offer, ...]:
    """The offers of some fulfillments, first to last."""
    return _offers(
        tx.execute(
            f"""
            select {COLUMNS} from offer
             where fulfillment_id = any(%(ids)s::uuid[]) order by opened_at, id
            """,
            {"ids": list(fulfillment_ids)},
        )
    )


def _offers(rows: Iterable[Sequence[Any]]) -> tuple[Offer, ...]:
    return tuple(
        Offer(
            id=id_,
            fulfillment_id=fulfillment_id,
            order_id=order_id,
            location_id=location_id,
            state=OfferState(state),
            opened_at=opened_at,
            accept_by=accept_by,
            closed_at=closed_at,
            closed_by=closed_by,
            reason=reason,
        )
        for (
            id_,
            fulfillment_id,
            order_id,
            location_id,
            state,
            opened_at,
            accept_by,
            closed_at,
            closed_by,
            reason,
        ) in rows
    )


def list_orders_to_expire(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with an open offer whose deadline is over, the longest waiting first."""
    rows = tx.execute(
        """
        select order_id from offer
         where state = 'open' and accept_by <= %(now)s
         order by accept_by, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))
