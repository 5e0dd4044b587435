"""What insight reads, by the views that the rooms below grant it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from ovunque.fulfillment.model import FulfillmentState
from ovunque.insight.model import Claimed, Moved, OrderFilter, Task, TaskLine
from ovunque.orders.model import OrderStatus
from ovunque.platform.database import Tx
from ovunque.promise.model import Milestones, Standing
from ovunque.stock.model import Key

# Finished orders are among the newest anyway; the others are found without looking at those.
UNFINISHED = frozenset({OrderStatus.OPEN, OrderStatus.IN_PROGRESS, OrderStatus.PARTIALLY_FULFILLED})


def list_orders(
    tx: Tx, wanted: OrderFilter, patterns: Sequence[str], before: UUID | None, limit: int
) -> list[Sequence[Any]]:
    """Ids with the customer's name and address, newest first."""
    rows = tx.execute(
        f"""
        select listed.order_id, listed.customer_name, listed.customer_email
          from order_line_of_list as listed
         where (%(before)s::uuid is null or listed.order_id < %(before)s::uuid)
           {_conditions(wanted, patterns)}
         order by listed.order_id desc
         limit %(limit)s
        """,
        {
            "before": before,
            "limit": limit,
            "status": wanted.status,
            "standing": wanted.standing,
            "channel_id": wanted.channel_id,
            "location_id": wanted.location_id,
            **{f"pattern_{nth}": pattern for nth, pattern in enumerate(patterns)},
        },
    )
    return list(rows)


def _conditions(wanted: OrderFilter, patterns: Sequence[str]) -> str:
    """Only what is asked for stands in the statement: each condition has its own index."""
    parts = []
    if patterns:
        alike = " or ".join(f"search like %(pattern_{nth})s" for nth in range(len(patterns)))
        parts.append(f"listed.order_id in (select order_id from order_fragment where {alike})")
    if wanted.status in UNFINISHED:
        parts.append("listed.order_id in (select order_id from order_unfinished)")
    if wanted.status == OrderStatus.CANCELED:
        parts.append("listed.order_id in (select order_id from order_partly_canceled)")
    if wanted.status is not None:
        parts.append(
            "exists (select from order_status where order_id = listed.order_id"
            " and status = %(status)s)"
        )
    if wanted.unserved:
        parts.append("listed.order_id in (select order_id from order_unserved)")
    if wanted.standing is not None:
        parts.append(
            "listed.order_id in (select order_id from order_endangered"
            " where standing = %(standing)s)"
        )
    if wanted.channel_id is not None:
        parts.append("listed.channel_id = %(channel_id)s")
    if wanted.location_id is not None:
        parts.append(
            "listed.order_id in (select order_id from order_location"
            " where location_id = %(location_id)s)"
        )
    return "".join(f" and {part}" for part in parts)


def count_unserved(tx: Tx) -> int:
    """Orders with units that wait for a place or for goods."""
    row = tx.execute("select count(distinct order_id) from order_unserved").fetchone()
    assert row is not None
    return int(row[0])


def count_endangered(tx: Tx) -> dict[Standing, int]:
    """Orders whose promise is in danger or broken."""
    rows = tx.execute(
        "select standing, count(distinct order_id) from order_endangered"
        " group by standing order by standing"
    )
    return {Standing(standing): count for standing, count in rows}


def count_work(tx: Tx) -> dict[UUID, int]:
    rows = tx.execute(
        "select location_id, count(*) from location_work group by location_id order by location_id"
    )
    found: dict[UUID, int] = dict(rows.fetchall())
    return found


def list_tasks(tx: Tx, location_id: UUID, limit: int) -> tuple[Task, ...]:
    rows = tx.execute(
        """
        select id, order_id, order_number, service, state, planned_at, changed_at,
               carrier_service_id, accept_by, take_by, pick_by, pack_by, hand_over_by, arrive_by,
               standing, collect_by
          from location_task where location_id = %(at)s
         order by coalesce(accept_by, planned_at), id
         limit %(limit)s
        """,
        {"at": location_id, "limit": limit},
    ).fetchall()
    lines = _list_task_lines(tx, [row[0] for row in rows])
    return tuple(_task_of(row, tuple(lines.get(row[0], ()))) for row in rows)


def _task_of(row: Sequence[Any], lines: tuple[TaskLine, ...]) -> Task:
    id_, order_id, number, service, state, planned_at, changed_at, service_id, *by = row
    accept_by, take_by, pick_by, pack_by, hand_over_by, arrive_by, standing, collect_by = by
    promised = None
    if take_by is not None:
        promised = Milestones(
            accept_by=take_by,
            pick_by=pick_by,
            pack_by=pack_by,
            hand_over_by=hand_over_by,
            arrive_by=arrive_by,
            standing=Standing(standing),
        )
    return Task(
        id=id_,
        order_id=order_id,
        order_number=number,
        service=service,
        state=FulfillmentState(state),
        planned_at=planned_at,
        changed_at=changed_at,
        carrier_service_id=service_id,
        accept_by=accept_by,
        lines=lines,
        milestones=promised,
        collect_by=collect_by,
    )


def _list_task_lines(tx: Tx, task_ids: Sequence[UUID]) -> dict[UUID, list[TaskLine]]:
    lines: dict[UUID, list[TaskLine]] = {}
    for task_id, sku, quantity, picked in tx.execute(
        """
        select fulfillment_id, sku, quantity, picked from location_task_line
         where fulfillment_id = any(%(ids)s::uuid[]) order by fulfillment_id, sku
        """,
        {"ids": list(task_ids)},
    ):
        line = TaskLine(sku=sku, quantity=quantity, picked=picked)
        lines.setdefault(task_id, []).append(line)
    return lines


def find_task_of_parcel(tx: Tx, location_id: UUID, code: str) -> UUID | None:
    """Whose parcel it is that carries this code on its label."""
    row = tx.execute(
        """
        select fulfillment_id from location_parcel
         where location_id = %(at)s and (sscc = %(code)s or tracking = %(code)s)
         order by id desc limit 1
        """,
        {"at": location_id, "code": code},
    ).fetchone()
    return row[0] if row else None


def find_account(tx: Tx, key: Key) -> Sequence[Any] | None:
    return tx.execute(
        """
        select on_hand, unavailable, reserved, baseline,
               nullif(baseline_as_of, '-infinity'), baseline_source
          from level_account where sku = %(sku)s and location_id = %(at)s
        """,
        _at(key),
    ).fetchone()


def list_movements(tx: Tx, key: Key, limit: int) -> tuple[tuple[Moved, ...], int]:
    """The newest movements since the count, and how many there are."""
    rows = tx.execute(
        """
        select kind, quantity, occurred_at, source, reason, count(*) over ()
          from level_movement where sku = %(sku)s and location_id = %(at)s
         order by occurred_at desc, source, id
         limit %(limit)s
        """,
        {**_at(key), "limit": limit},
    ).fetchall()
    moved = tuple(
        Moved(kind=kind, quantity=quantity, occurred_at=at, source=source, reason=reason)
        for kind, quantity, at, source, reason, _ in rows
    )
    return moved, rows[0][-1] if rows else 0


def list_asides(tx: Tx, key: Key) -> dict[str, int]:
    rows = tx.execute(
        "select reason, quantity from level_aside "
        "where sku = %(sku)s and location_id = %(at)s order by reason",
        _at(key),
    )
    found: dict[str, int] = dict(rows.fetchall())
    return found


def list_claims(tx: Tx, key: Key, limit: int) -> tuple[tuple[Claimed, ...], int]:
    """Who waits for units of a level, the longest waiting first, and how many they are."""
    rows = tx.execute(
        """
        select order_number, quantity, expires_at, count(*) over ()
          from level_claim where sku = %(sku)s and location_id = %(at)s
         order by placed_at, id
         limit %(limit)s
        """,
        {**_at(key), "limit": limit},
    ).fetchall()
    claims = tuple(
        Claimed(order_number=number, quantity=quantity, expires_at=expires_at)
        for number, quantity, expires_at, _ in rows
    )
    return claims, rows[0][-1] if rows else 0


def _at(key: Key) -> dict[str, object]:
    return {"sku": key.sku, "at": key.location_id}


def list_watched(tx: Tx) -> list[Sequence[Any]]:
    """What waits, by name and label: how many, and the oldest instant that one is due."""
    return list(
        tx.execute("select name, label, count, oldest from watched order by name, label").fetchall()
    )


def list_parcel_ways(tx: Tx, limit: int) -> list[tuple[str, UUID, int, str, str, str]]:
    """Order, where from, weight, kind of service and where to, of the newest parcels."""
    rows = tx.execute(
        """
        select order_number, location_id, weight_g, promise, country, postal_code
          from parcel_way order by id desc limit %(limit)s
        """,
        {"limit": limit},
    )
    return rows.fetchall()


ARRIVING: LiteralString = """
select fulfillment_id, collect_at, order_number, sscc, tracking, state, weight_g, location_id,
       carrier_service_id, arrives_at, arrived_at, service
  from parcel_arriving
"""


def list_arriving(tx: Tx, location_id: UUID, limit: int) -> list[Sequence[Any]]:
    """What a location waits for; what the carrier says is delivered is still to be found there."""
    statement = (
        ARRIVING
        + """
         where collect_at = %(at)s and received_at is null and arrived_at is null
           and state not in ('lost', 'damaged', 'returned_to_sender')
         order by arrives_at nulls last, order_number, sscc
         limit %(limit)s
        """
    )
    return list(tx.execute(statement, {"at": location_id, "limit": limit}))


def find_arriving(tx: Tx, code: str) -> Sequence[Any] | None:
    statement = ARRIVING + " where sscc = %(code)s or tracking = %(code)s order by id desc limit 1"
    return tx.execute(statement, {"code": code}).fetchone()


def list_refused(tx: Tx, since: datetime, limit: int) -> list[tuple[UUID, str, int]]:
    """Where offers were turned down or left alone, for what reason, how often; most often first."""
    rows = tx.execute(
        """
        select location_id, reason, count(*) from offer_answer
         where state in ('rejected', 'expired') and closed_at >= %(since)s
         group by location_id, reason
         order by count(*) desc, location_id, reason limit %(limit)s
        """,
        {"since": since, "limit": limit},
    )
    return rows.fetchall()


def list_in_flight(tx: Tx, limit: int) -> list[tuple[UUID, int, datetime]]:
    """Where offers wait for an answer, how many, and until when the first."""
    rows = tx.execute(
        """
        select location_id, count(*), min(accept_by) from offer_answer where state = 'open'
         group by location_id order by min(accept_by), location_id limit %(limit)s
        """,
        {"limit": limit},
    )
    return rows.fetchall()


def list_unassigned(tx: Tx, limit: int) -> list[Sequence[Any]]:
    """Orders with units that nobody takes, the oldest first."""
    return list(
        tx.execute(
            """
            select order_id, number, placed_at, units::int, sku, asked from order_unassigned
             order by placed_at, order_id limit %(limit)s
            """,
            {"limit": limit},
        ).fetchall()
    )
