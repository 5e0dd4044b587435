"""Offers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model import Offer, OfferState
from ovunque.platform.database import Tx, document

COLUMNS = """
  id, fulfillment_id, order_id, location_id, state, opened_at, accept_by, closed_at, closed_by,
  reason, carrier_service_id, arrives_at, cost_cents, emissions_g
"""


def add_offers(tx: Tx, offers: Sequence[Offer]) -> None:
    tx.execute(
        """
        insert into offer (id, fulfillment_id, order_id, location_id, state, opened_at,
                           accept_by, closed_at, closed_by, reason, carrier_service_id, arrives_at,
                           cost_cents, emissions_g)
        select id, fulfillment_id, order_id, location_id, state, opened_at, accept_by, closed_at,
               closed_by, reason, carrier_service_id, arrives_at, cost_cents, emissions_g
          from json_to_recordset(%(rows)s)
            as told (id uuid, fulfillment_id uuid, order_id uuid, location_id uuid, state text,
                     opened_at timestamptz, accept_by timestamptz, closed_at timestamptz,
                     closed_by text, reason text, carrier_service_id uuid, arrives_at timestamptz,
                     cost_cents int, emissions_g int)
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


def save_reopened(tx: Tx, offers: Sequence[Offer]) -> None:
    """Offers that were closed a moment ago are open again."""
    done = tx.execute(
        """
        update offer set state = 'open', closed_at = null, closed_by = null, reason = null
         where id = any(%(ids)s::uuid[]) and state in ('claimed', 'withdrawn')
        """,
        {"ids": [each.id for each in offers]},
    )
    assert done.rowcount == len(offers), "what is open cannot be opened again"


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
            carrier_service_id=carrier_service_id,
            arrives_at=arrives_at,
            cost_cents=cost_cents,
            emissions_g=emissions_g,
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
            carrier_service_id,
            arrives_at,
            cost_cents,
            emissions_g,
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


def count_answers(
    tx: Tx, zones: Mapping[UUID, str], since: datetime, now: datetime
) -> list[tuple[UUID, int, int, int, int]]:
    """Offers that were answered or left alone: location, local hour of the week, weeks ago, all of
    them, and those that were taken. What was given or withdrawn says nothing.
    """
    rows = tx.execute(
        """
        select offer.location_id,
               ((extract(isodow from offer.opened_at at time zone place.zone) - 1) * 24
                + extract(hour from offer.opened_at at time zone place.zone))::int as hour,
               (extract(epoch from %(now)s::timestamptz - offer.opened_at) / 604800)::int as weeks,
               count(*), count(*) filter (where offer.state = 'claimed')
          from unnest(%(ids)s::uuid[], %(zones)s::text[]) as place (id, zone)
          join offer on offer.location_id = place.id
         where offer.opened_at >= %(since)s and offer.accept_by is not null
           and offer.state in ('claimed', 'rejected', 'expired')
         group by 1, 2, 3
         order by 1, 2, 3
        """,
        {"ids": list(zones), "zones": list(zones.values()), "since": since, "now": now},
    )
    return rows.fetchall()
