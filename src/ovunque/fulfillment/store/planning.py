"""Fulfillments and their lines."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Step,
    Unpicked,
)
from ovunque.platform.database import Tx
from ovunque.platform.row_types import RowType
from ovunque.stock.model import Key

FULFILLMENTS = RowType(
    "fulfillment_row",
    "id uuid, order_id uuid, location_id uuid, delivery_nth int, by_hand boolean, "
    "planned_at timestamptz, offer_at timestamptz, changed_at timestamptz, service text, "
    "state text, carrier_service_id uuid?, resource_at timestamptz?, arrives_at timestamptz?, "
    "cost_cents int?, emissions_g int?, collect_at uuid?",
)
LINES = RowType(
    "fulfillment_line_row",
    "fulfillment_id uuid, line_id uuid, reservation_id uuid, quantity int, picked int, sku text",
)
COLUMNS = """
  work.id, work.order_id, work.delivery_nth, work.location_id, work.carrier_service_id,
  work.service, work.state, work.arrives_at, work.cost_cents, work.emissions_g,
  work.planned_at, work.offer_at, work.changed_at, work.resource_at,
  work.replaced_at, work.pickup_code, work.collect_at, work.arrived_at,
  work.taken_by, work.by_hand, work.collect_by
"""


def add_fulfillments(tx: Tx, fulfillments: Sequence[Fulfillment]) -> None:
    tx.execute(
        """
        with work as (
          insert into fulfillment (id, order_id, delivery_nth, location_id, carrier_service_id,
                                   service, state, planned_at, offer_at, changed_at, resource_at,
                                   arrives_at, cost_cents, emissions_g, collect_at, by_hand)
          select id, order_id, delivery_nth, location_id, carrier_service_id, service, state,
                 planned_at, offer_at, changed_at, resource_at, arrives_at, cost_cents, emissions_g,
                 collect_at, by_hand
            from unnest(%(fulfillments)s::fulfillment_row[])
        )
        insert into fulfillment_line (fulfillment_id, line_id, reservation_id, sku, quantity,
                                      picked)
        select fulfillment_id, line_id, reservation_id, sku, quantity, picked
          from unnest(%(lines)s::fulfillment_line_row[])
        """,
        {
            "fulfillments": FULFILLMENTS(map(_row, fulfillments)),
            "lines": LINES(_line_row(each, line) for each in fulfillments for line in each.lines),
        },
    )


def _row(each: Fulfillment) -> tuple[object, ...]:
    return (
        each.id,
        each.order_id,
        each.location_id,
        each.delivery,
        each.by_hand,
        each.planned_at,
        each.offer_at,
        each.changed_at,
        each.service,
        each.state,
        each.carrier_service_id,
        each.resource_at,
        each.arrives_at,
        each.cost_cents,
        each.emissions_g,
        each.collect_at,
    )


def _line_row(each: Fulfillment, line: FulfillmentLine) -> tuple[object, ...]:
    return each.id, line.line_id, line.reservation_id, line.quantity, line.picked, line.sku


def find_order(tx: Tx, by: Actor, fulfillment_id: UUID) -> UUID | None:
    """The order of a fulfillment; None for a stranger's, as for one that is not there.

    Once it has arrived where it is fetched, it is that location's and nobody else's.
    """
    row = tx.execute(
        """
        select order_id from fulfillment
         where id = %(id)s
           and (%(location_id)s::uuid is null
                or case when arrived_at is null then location_id else collect_at end
                   = %(location_id)s::uuid)
        """,
        {"id": fulfillment_id, "location_id": by.location_id},
    ).fetchone()
    return row[0] if row else None


def find_order_asked(tx: Tx, by: Actor, fulfillment_id: UUID) -> UUID | None:
    """The same for whoever has it or was asked to take it."""
    asked = tx.execute(
        """
        select order_id from offer
         where fulfillment_id = %(id)s and location_id = %(asked)s
        """,
        {"id": fulfillment_id, "asked": by.location_id},
    ).fetchone()
    return asked[0] if asked else find_order(tx, by, fulfillment_id)


def list_of_orders(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Fulfillment, ...]:
    """The fulfillments of some orders, in the order they were planned."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from fulfillment as work
         where work.order_id = any(%(order_ids)s::uuid[]) order by work.id
        """,
        {"order_ids": list(order_ids)},
    ).fetchall()
    return _with_lines(tx, rows)


def list_by_id(tx: Tx, ids: Sequence[UUID]) -> tuple[Fulfillment, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from fulfillment as work
         where work.id = any(%(ids)s::uuid[]) order by work.id
        """,
        {"ids": list(ids)},
    ).fetchall()
    return _with_lines(tx, rows)


def list_fulfillments(
    tx: Tx, *, location_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> tuple[Fulfillment, ...]:
    """Fulfillments of a location, in a state, oldest first."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from fulfillment as work
         where (%(location_id)s::uuid is null or work.location_id = %(location_id)s::uuid
                or work.state = 'offered'
                   and exists (select from offer
                                where fulfillment_id = work.id and state = 'open'
                                  and location_id = %(location_id)s::uuid)
                or work.collect_at = %(location_id)s::uuid
                   and work.state in ('awaiting_arrival', 'ready', 'collected')
                   and (work.state = 'awaiting_arrival' or work.arrived_at is not null))
           and (%(state)s::text is null or work.state = %(state)s::text)
           and (%(after)s::uuid is null or work.id > %(after)s::uuid)
         order by work.id
         limit %(limit)s
        """,
        {"location_id": location_id, "state": state, "after": after, "limit": limit},
    ).fetchall()
    return _with_lines(tx, rows)


def _with_lines(tx: Tx, rows: Iterable[Sequence[Any]]) -> tuple[Fulfillment, ...]:
    found = list(rows)
    lines: dict[UUID, list[FulfillmentLine]] = defaultdict(list)
    for fulfillment_id, line_id, reservation_id, sku, quantity, picked, parcel_id in tx.execute(
        """
        select fulfillment_id, line_id, reservation_id, sku, quantity, picked, parcel_id
          from fulfillment_line
         where fulfillment_id = any(%(ids)s::uuid[])
         order by fulfillment_id, line_id, sku, reservation_id
        """,
        {"ids": [row[0] for row in found]},
    ):
        lines[fulfillment_id].append(
            FulfillmentLine(
                line_id=line_id,
                reservation_id=reservation_id,
                sku=sku,
                quantity=quantity,
                picked=picked,
                parcel_id=parcel_id,
            )
        )
    return tuple(_fulfillment(row, lines[row[0]]) for row in found)


def _fulfillment(row: Sequence[Any], lines: Sequence[FulfillmentLine]) -> Fulfillment:
    id_, order_id, delivery, location_id, carrier_service_id, service, state, *rest = row
    arrives_at, cost_cents, emissions_g, *at = rest
    planned_at, offer_at, changed_at, resource_at, replaced_at, pickup_code, *there = at
    collect_at, arrived_at, taken_by, by_hand, collect_by = there
    return Fulfillment(
        id=id_,
        order_id=order_id,
        delivery=delivery,
        location_id=location_id,
        carrier_service_id=carrier_service_id,
        service=service,
        state=FulfillmentState(state),
        planned_at=planned_at,
        offer_at=offer_at,
        changed_at=changed_at,
        resource_at=resource_at,
        replaced_at=replaced_at,
        pickup_code=pickup_code,
        lines=tuple(lines),
        arrives_at=arrives_at,
        cost_cents=cost_cents,
        emissions_g=emissions_g,
        collect_at=collect_at,
        arrived_at=arrived_at,
        taken_by=taken_by,
        by_hand=by_hand,
        collect_by=collect_by,
    )


def save_steps(tx: Tx, steps: Sequence[Step], now: datetime) -> None:
    """Move fulfillments to their next states.

    What was decided under the timeline's lock is looked at again: two locks on a door.
    """
    done = tx.execute(
        """
        update fulfillment as work
           set state = step.after, changed_at = %(now)s,
               resource_at = case when step.after in ('rejected', 'withdrawn')
                                  then %(now)s::timestamptz end
          from unnest(%(ids)s::uuid[], %(befores)s::text[], %(afters)s::text[])
               as step (id, before, after)
         where work.id = step.id and work.state = step.before and work.replaced_at is null
        """,
        {
            "now": now,
            "ids": [step.fulfillment_id for step in steps],
            "befores": [step.before for step in steps],
            "afters": [step.after for step in steps],
        },
    )
    assert done.rowcount == len(steps), "a fulfillment was not where its step began"


def save_arrived(tx: Tx, fulfillment_id: UUID, code: str, now: datetime) -> None:
    """All of it is where it is fetched, by whoever says the code, for some days."""
    tx.execute(
        """
        update fulfillment as work
           set arrived_at = %(now)s, pickup_code = %(code)s, collect_by = until.collect_by,
               remind_at = until.remind_at
          from (select id, (pickup_until(order_id, collect_at, %(now)s)).*
                  from fulfillment where id = %(id)s) as until
         where work.id = until.id
        """,
        {"id": fulfillment_id, "code": code, "now": now},
    )


def save_replaced(tx: Tx, ids: Sequence[UUID], now: datetime) -> None:
    """Their units have moved on to other fulfillments."""
    done = tx.execute(
        """
        update fulfillment set replaced_at = %(now)s, resource_at = null
         where id = any(%(ids)s::uuid[]) and resource_at is not null
        """,
        {"ids": list(ids), "now": now},
    )
    assert done.rowcount == len(ids), "a fulfillment was not waiting to be replaced"


def save_resource_at(tx: Tx, ids: Sequence[UUID], at: datetime) -> None:
    """Their units wait longer, until somebody may have them."""
    tx.execute(
        "update fulfillment set resource_at = %(at)s "
        "where id = any(%(ids)s::uuid[]) and resource_at is not null",
        {"ids": list(ids), "at": at},
    )


def list_orders_to_offer(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with planned work whose time has come, the longest waiting first.

    Not as long as the customer is asked whether they want it at all, or somebody keeps it back.
    """
    rows = tx.execute(
        """
        select order_id from fulfillment as work
         where state = 'planned' and offer_at <= %(now)s
           and not exists (select from pickup_question as asked
                            where asked.order_id = work.order_id and asked.answer is null
                              and asked.delivery_nth = work.delivery_nth)
           and not exists (select from order_hold as kept
                            where kept.order_id = work.order_id and kept.released_at is null)
         order by offer_at, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_orders_to_source(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with units that wait to be sourced again, the longest waiting first."""
    rows = tx.execute(
        """
        select order_id from fulfillment
         where resource_at <= %(now)s
         order by resource_at, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_unpicked(tx: Tx, keys: Sequence[Key]) -> tuple[Unpicked, ...]:
    """What is reserved at some levels and still on its shelf, or waits to be sourced again."""
    rows = tx.execute(
        """
        select work.order_id, work.delivery_nth, line.reservation_id, line.sku, work.location_id,
               line.quantity - line.picked, work.resource_at is not null
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join fulfillment as work
            on work.location_id = asked.location_id and work.replaced_at is null
           and work.state in ('planned', 'offered', 'accepted', 'picking', 'rejected', 'withdrawn')
          join fulfillment_line as line on line.fulfillment_id = work.id and line.sku = asked.sku
         where line.quantity > line.picked
         order by line.reservation_id
        """,
        {
            "skus": [key.sku for key in keys],
            "location_ids": [key.location_id for key in keys],
        },
    )
    return tuple(
        Unpicked(
            order_id=order_id,
            delivery=delivery,
            reservation_id=reservation_id,
            key=Key(sku, at),
            quantity=units,
            is_waiting=is_waiting,
        )
        for order_id, delivery, reservation_id, sku, at, units, is_waiting in rows
    )


def count_leaving(tx: Tx) -> dict[tuple[UUID, UUID], int]:
    """What each carrier's service has still to take from each location."""
    rows = tx.execute(
        """
        select carrier_service_id, location_id, count(*) from fulfillment
         where state in ('planned', 'offered', 'accepted', 'picking', 'picked', 'packed', 'ready')
           and replaced_at is null and carrier_service_id is not null and arrived_at is null
         group by carrier_service_id, location_id
        """
    )
    return {(service_id, location_id): count for service_id, location_id, count in rows}


def count_waiting(tx: Tx) -> dict[UUID, int]:
    """Work orders that each location has before it, up to picking."""
    rows = tx.execute(
        """
        select location_id, count(*) from fulfillment
         where state in ('planned', 'offered', 'accepted', 'picking') and replaced_at is null
         group by location_id
        """
    )
    return dict(rows.fetchall())
