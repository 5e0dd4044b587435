"""The orders room's SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ovunque.delivery.model import Service
from ovunque.orders.model import (
    Charge,
    Delivery,
    OnShortage,
    Order,
    OrderLine,
    OrderStatus,
)
from ovunque.orders.store import shaping
from ovunque.orders.store.wording import words_of
from ovunque.platform.database import Later, Tx, document
from ovunque.promise.model import Standing

NUMBERS_IN_BLOCK = 100  # The sequence's increment: a process takes a block at a time.


def add_number_block(tx: Tx) -> Later[int]:
    """The first of a block of order numbers that nobody else has."""
    rows = tx.execute("select nextval('order_number_block')")
    return lambda: int(rows.fetchall()[0][0])


def add_orders(tx: Tx, orders: Sequence[Order], decisions: Sequence[dict[str, Any]]) -> None:
    """A batch of orders with all that belongs to them."""
    tx.execute(
        """
        with placed as (
          insert into customer_order (id, number, external_id, channel_id, customer_id, currency,
                                      on_shortage, placed_at, words)
          select id, number, external_id, channel_id, customer_id, currency, on_shortage, placed_at,
                 words
            from unnest(%(orders)s::order_row[])
        ), deliveries as (
          insert into delivery (order_id, nth, service, contact_id, location_id)
          select order_id, nth, service, contact_id, location_id
            from unnest(%(deliveries)s::delivery_row[])
        ), charges as (
          insert into order_charge (order_id, nth, kind, amount)
          select order_id, nth, kind, amount from unnest(%(charges)s::charge_row[])
        ), decisions as (
          insert into decision (order_id, nth, decided_at, body)
          select order_id, nth, decided_at, body from unnest(%(decisions)s::decision_row[])
        )
        insert into order_line (id, order_id, nth, delivery_nth, sku, ordered, unit_price,
                                discount, tax_rate_ppm, home_available, unplaced, backordered,
                                canceled, expected_on)
        select id, order_id, nth, delivery_nth, sku, ordered, unit_price, discount, tax_rate_ppm,
               home_available, unplaced, backordered, canceled, expected_on
          from unnest(%(lines)s::order_line_row[])
        """,
        {
            "orders": shaping.ORDERS(map(shaping.order_row, orders)),
            "deliveries": shaping.DELIVERIES(
                shaping.delivery_row(order, each) for order in orders for each in order.deliveries
            ),
            "charges": shaping.CHARGES(
                (order.id, nth, each.amount, each.kind)
                for order in orders
                for nth, each in enumerate(order.charges)
            ),
            "decisions": shaping.DECISIONS(map(shaping.DECISION, decisions)),
            "lines": shaping.LINES(
                shaping.line_row(order, line) for order in orders for line in order.lines
            ),
        },
    )


def add_lines(tx: Tx, order: Order, lines: Sequence[OrderLine]) -> None:
    """More lines of an order that stands already."""
    tx.execute(
        """
        insert into order_line (id, order_id, nth, delivery_nth, sku, ordered, unit_price,
                                discount, tax_rate_ppm, home_available, unplaced, backordered,
                                canceled, expected_on, instead_of)
        select id, order_id, nth, delivery_nth, sku, ordered, unit_price, discount, tax_rate_ppm,
               home_available, unplaced, backordered, canceled, expected_on, instead_of
          from unnest(%(lines)s::order_line_row[])
        """,
        {"lines": shaping.LINES(shaping.line_row(order, line) for line in lines)},
    )


def add_decisions(tx: Tx, decisions: Sequence[dict[str, Any]]) -> None:
    """Later decisions, each the next of its order; the orders' timelines are held."""
    tx.execute(
        """
        insert into decision (order_id, nth, decided_at, body)
        select told.order_id,
               1 + (select coalesce(max(nth), 0) from decision where order_id = told.order_id),
               told.decided_at, told.body
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, decided_at timestamptz, body jsonb)
        """,
        {"rows": document(decisions)},
    )


def save_unplaced(tx: Tx, units: Mapping[UUID, int]) -> None:
    """More units of these lines that no location serves."""
    tx.execute(
        """
        update order_line set unplaced = order_line.unplaced + more.units
          from unnest(%(line_ids)s::uuid[], %(units)s::int[]) as more (line_id, units)
         where order_line.id = more.line_id
        """,
        {"line_ids": list(units), "units": list(units.values())},
    )


def save_waiting(tx: Tx, lines: Sequence[OrderLine]) -> None:
    """What of these lines waits from now on, and until when."""
    tx.execute(
        """
        update order_line
           set unplaced = told.unplaced, backordered = told.backordered,
               expected_on = told.expected_on
          from unnest(%(ids)s::uuid[], %(unplaced)s::int[], %(backordered)s::int[],
                      %(days)s::date[]) as told (id, unplaced, backordered, expected_on)
         where order_line.id = told.id
        """,
        {
            "ids": [line.id for line in lines],
            "unplaced": [line.unplaced for line in lines],
            "backordered": [line.backordered for line in lines],
            "days": [line.expected_on for line in lines],
        },
    )


def list_orders_of_lines(tx: Tx, line_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The orders that these lines belong to, in the order of the lines, each once."""
    rows = tx.execute(
        """
        select line.order_id
          from unnest(%(ids)s::uuid[]) with ordinality as asked (id, nth)
          join order_line as line on line.id = asked.id
         order by asked.nth
        """,
        {"ids": list(line_ids)},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def save_canceled(tx: Tx, units: Mapping[UUID, int]) -> None:
    """Units of these lines are canceled, and with them all that waited for a location."""
    tx.execute(
        """
        update order_line
           set canceled = order_line.canceled + more.units, unplaced = 0, backordered = 0,
               expected_on = null
          from unnest(%(line_ids)s::uuid[], %(units)s::int[]) as more (line_id, units)
         where order_line.id = more.line_id
        """,
        {"line_ids": list(units), "units": list(units.values())},
    )


def save_address(tx: Tx, order_id: UUID, nth: int, contact_id: UUID) -> None:
    """A delivery that was to be fetched goes to an address."""
    tx.execute(
        """
        update delivery
           set service = 'home', location_id = null, contact_id = %(contact_id)s
         where order_id = %(order_id)s and nth = %(nth)s
        """,
        {"order_id": order_id, "nth": nth, "contact_id": contact_id},
    )


ORDER_COLUMNS = """
  select id, number, external_id, channel_id, customer_id, currency, on_shortage, placed_at,
         words
    from customer_order
"""


def list_external(tx: Tx, wanted: Sequence[tuple[UUID, str]]) -> Later[dict[tuple[UUID, str], str]]:
    """The numbers of orders that carry one of these (channel, external id) already."""
    rows = tx.execute(
        """
        select channel_id, external_id, number
          from unnest(%(channel_ids)s::uuid[], %(external_ids)s::text[])
               as asked (channel_id, external_id)
          join customer_order using (channel_id, external_id)
        """,
        {
            "channel_ids": [channel_id for channel_id, _ in wanted],
            "external_ids": [external_id for _, external_id in wanted],
        },
    )
    return lambda: {(channel_id, external_id): number for channel_id, external_id, number in rows}


def find_order(tx: Tx, order_id: UUID) -> Sequence[Any] | None:
    return tx.execute(f"{ORDER_COLUMNS} where id = %(id)s", {"id": order_id}).fetchone()


def list_by_id(tx: Tx, order_ids: Sequence[UUID]) -> Sequence[Sequence[Any]]:
    return tx.execute(
        f"{ORDER_COLUMNS} where id = any(%(ids)s::uuid[]) order by id", {"ids": list(order_ids)}
    ).fetchall()


def find_order_by_number(tx: Tx, number: str) -> Sequence[Any] | None:
    return tx.execute(f"{ORDER_COLUMNS} where number = %(number)s", {"number": number}).fetchone()


# Where orders of a status are found at once; those of another are among the newest anyway.
UNFINISHED = """
  and id in (select order_id from fulfillment
              where replaced_at is null
                and state in ('planned', 'offered', 'rejected', 'withdrawn',
                              'accepted', 'picking', 'picked', 'packed', 'ready')
              union all
             select order_id from order_line where unplaced + backordered > 0)
"""
CANDIDATES = {
    OrderStatus.OPEN: UNFINISHED,
    OrderStatus.IN_PROGRESS: UNFINISHED,
    OrderStatus.PARTIALLY_FULFILLED: UNFINISHED,
    OrderStatus.CANCELED: "and id in (select order_id from order_line where canceled > 0)",
}


ENDANGERED = "and id in (select order_id from order_endangered where standing = %(standing)s)"


def list_orders(
    tx: Tx,
    *,
    channel_id: UUID | None,
    status: OrderStatus | None,
    standing: Standing | None,
    before: UUID | None,
    limit: int,
) -> list[Sequence[Any]]:
    """Orders, newest first; the status of each is looked up when its turn comes, no sooner."""
    rows = tx.execute(
        f"""
        {ORDER_COLUMNS}
         where (%(channel_id)s::uuid is null or channel_id = %(channel_id)s::uuid)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
           and (%(status)s::text is null or %(status)s::text = (
                 select order_status.status from order_status where order_id = customer_order.id))
           {CANDIDATES.get(status, "") if status else ""}
           {ENDANGERED if standing else ""}
         order by id desc
         limit %(limit)s
        """,
        {
            "channel_id": channel_id,
            "status": status,
            "standing": standing,
            "before": before,
            "limit": limit,
        },
    )
    return list(rows)


LINE_FIELDS = (
    *("id", "nth", "delivery", "sku", "ordered", "unplaced", "backordered", "canceled"),
    *("unit_price", "discount", "tax_rate_ppm", "home_available", "expected_on"),
    "instead_of",
)


def list_lines(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
    rows = tx.execute(
        """
        select order_id, id, nth, delivery_nth, sku, ordered, unplaced, backordered, canceled,
               unit_price, discount, tax_rate_ppm, home_available, expected_on, instead_of
          from order_line where order_id = any(%(ids)s::uuid[]) order by order_id, nth
        """,
        {"ids": list(order_ids)},
    )
    lines: dict[UUID, list[OrderLine]] = defaultdict(list)
    for order_id, *values in rows:
        lines[order_id].append(OrderLine(**dict(zip(LINE_FIELDS, values, strict=True))))
    return lines


def list_deliveries(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    rows = tx.execute(
        """
        select order_id, nth, service, contact_id, location_id
          from delivery where order_id = any(%(ids)s::uuid[]) order by order_id, nth
        """,
        {"ids": list(order_ids)},
    )
    deliveries: dict[UUID, list[Delivery]] = defaultdict(list)
    for order_id, nth, service, contact_id, location_id in rows:
        deliveries[order_id].append(
            Delivery(
                nth=nth, service=Service(service), contact_id=contact_id, location_id=location_id
            )
        )
    return deliveries


def list_charges(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[Charge]]:
    rows = tx.execute(
        "select order_id, kind, amount from order_charge "
        "where order_id = any(%(ids)s::uuid[]) order by order_id, nth",
        {"ids": list(order_ids)},
    )
    charges: dict[UUID, list[Charge]] = defaultdict(list)
    for order_id, kind, amount in rows:
        charges[order_id].append(Charge(kind=kind, amount=amount))
    return charges


def list_decisions(tx: Tx, order_id: UUID) -> Sequence[Sequence[Any]]:
    return tx.execute(
        "select nth, decided_at, body from decision where order_id = %(id)s order by nth",
        {"id": order_id},
    ).fetchall()


def order_of(row: Sequence[Any], **parts: Any) -> Order:
    """An order from its row and its parts."""
    id_, number, external_id, channel_id, customer_id, currency, shortage, at, words = row
    gift, notes = words_of(id_, words)
    return Order(
        id=id_,
        number=number,
        external_id=external_id,
        channel_id=channel_id,
        customer_id=customer_id,
        currency=currency,
        on_shortage=OnShortage(shortage),
        placed_at=at,
        gift=gift,
        notes=notes,
        **parts,
    )
