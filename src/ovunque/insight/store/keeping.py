"""What whoever runs a location asks, by views."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx


def count_answers(tx: Tx, location_id: UUID, since: datetime) -> list[tuple[str, str, int]]:
    """Offers that a location was asked to answer: state, reason, and how many."""
    rows = tx.execute(
        """
        select state, coalesce(reason, ''), count(*) from location_offer
         where location_id = %(at)s and opened_at >= %(since)s and accept_by is not null
         group by 1, 2 order by 3 desc, 1, 2
        """,
        {"at": location_id, "since": since},
    )
    return [(state, reason, count) for state, reason, count in rows]


def find_median_minutes(tx: Tx, location_id: UUID, since: datetime) -> int | None:
    """How long a location takes to say yes or no; None: nobody asked it."""
    row = tx.execute(
        """
        select extract(epoch from percentile_disc(0.5) within group
                       (order by closed_at - opened_at))
          from location_offer
         where location_id = %(at)s and opened_at >= %(since)s and accept_by is not null
           and state in ('claimed', 'rejected')
        """,
        {"at": location_id, "since": since},
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0]) // 60


def count_taken(tx: Tx, location_id: UUID, since: datetime) -> int:
    """Work that a location has taken since then; an offer does not stand for days."""
    row = tx.execute(
        """
        select count(*) from location_offer
         where location_id = %(at)s and state = 'claimed' and closed_at >= %(since)s
           and opened_at >= %(since)s::timestamptz - interval '7 days'
        """,
        {"at": location_id, "since": since},
    ).fetchone()
    assert row is not None
    return int(row[0])


def count_departures(tx: Tx, location_id: UUID, since: datetime) -> tuple[int, int]:
    """Parcels that were to leave by some time and have left, and those of them that did so."""
    row = tx.execute(
        """
        select count(hand_over_by), count(*) filter (where closed_at <= hand_over_by)
          from location_departure
         where location_id = %(at)s and closed_at >= %(since)s
        """,
        {"at": location_id, "since": since},
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def list_history(tx: Tx, location_id: UUID, limit: int) -> Sequence[Sequence[Any]]:
    """What a location was asked for, the newest first."""
    return tx.execute(
        """
        select fulfillment_id, order_number, state, reason, opened_at, closed_at, closed_by,
               work_state, work_location_id = location_id
          from location_offer where location_id = %(at)s
         order by opened_at desc, id desc limit %(limit)s
        """,
        {"at": location_id, "limit": limit},
    ).fetchall()


def list_prints(tx: Tx, location_id: UUID, wanted: str, limit: int) -> Sequence[Sequence[Any]]:
    """Parcels of a location with a number, the newest first; of what was scanned, if anything."""
    return tx.execute(
        """
        select id, fulfillment_id, order_number, state, tracking, sscc, opened_at, manifest_id
          from location_print
         where location_id = %(at)s and tracking is not null
           and (%(wanted)s = '' or %(wanted)s in (upper(order_number), sscc, upper(tracking)))
         order by id desc limit %(limit)s
        """,
        {"at": location_id, "wanted": wanted, "limit": limit},
    ).fetchall()
