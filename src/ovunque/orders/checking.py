"""What is always true of orders, and the check of all rooms together."""

from datetime import datetime

from ovunque.delivery.checking import INVARIANTS as TERMS
from ovunque.fulfillment.checking import INVARIANTS as WORK
from ovunque.platform.database import Database, Tx
from ovunque.platform.invariants import (
    JOURNAL,
    Invariant,
    Violation,
    find_together,
    find_violations,
    save_check,
)
from ovunque.promise.checking import INVARIANTS as PROMISES
from ovunque.sourcing.checking import INVARIANTS as STRATEGIES
from ovunque.stock.checking import INVARIANTS as STOCK

ORDERS = (
    # Of units that are reserved for it their work tells, where they are walked through anyway.
    Invariant(
        name="no row of an order stands without its order",
        sql="""
        select kind || ' of ' || order_id
          from (select 'line' as kind, order_id from order_line
                union all select 'delivery', order_id from delivery
                union all select 'charge', order_id from order_charge
                union all select 'decision', order_id from decision
                union all select 'hold', order_id from order_hold
                union all select 'pickup agreement', order_id from pickup_agreement
                union all select 'fulfillment', order_id from fulfillment
                union all select 'edit', order_id from order_edit
                union all select 'timeline', order_id from timeline) as part
         where not exists (select from customer_order where id = part.order_id)
        """,
    ),
    Invariant(
        name="every order has a line, a delivery for it, a customer and a story",
        sql="""
        select number from customer_order as placed
         where not exists (select from order_line where order_id = placed.id)
        union all
        select number from customer_order as placed
         where not exists (select from timeline where order_id = placed.id)
        union all
        select number from customer_order as placed
         where not exists (select from customer where id = placed.customer_id)
        union all
        select line.order_id || ': no delivery ' || line.delivery_nth from order_line as line
         where not exists (select from delivery
                            where order_id = line.order_id and nth = line.delivery_nth)
        union all
        select order_id || ': no contact' from delivery
         where contact_id is not null
           and not exists (select from contact where id = delivery.contact_id)
        """,
    ),
    Invariant(
        name="every edit of an order stands in its story, and whence it led is known",
        sql="""
        select coalesce(edit.order_id, told.order_id) || ': edit ' || coalesce(edit.nth, told.nth)
          from order_edit as edit
          full join (select order_id, (body->>'nth')::int as nth from journal
                      where kind = 'order.edited') as told
            on told.order_id = edit.order_id and told.nth = edit.nth
         where edit.nth is null or told.nth is null
            or exists (select from unnest(edit.contact_ids) as gone (id)
                        where not exists (select from contact where contact.id = gone.id))
        """,
    ),
    Invariant(
        name="what waits for goods is what lines say",
        sql="""
        select coalesce(line.id, waiting.line_id) || ': ' || coalesce(line.units, 0) || ' wait, '
               || coalesce(waiting.units, 0) || ' are kept in mind'
          from (select id, sku, unplaced + backordered as units, expected_on from order_line
                 where unplaced + backordered > 0) as line
          full join (select line_id, min(sku) as sku, count(*) as parts, sum(units) as units,
                            min(due_on) as due_on
                       from stock_awaited group by line_id) as waiting
            on waiting.line_id = line.id
         where line.id is null or waiting.line_id is null
            or line.expected_on is distinct from waiting.due_on
            or (waiting.parts = 1 and waiting.sku = line.sku and waiting.units <> line.units)
        """,
    ),
    # Three truths for one walk through lines and work: to join them is what costs. Whether a line
    # was a bundle is told by its work: the catalog may have changed since.
    Invariant(
        name="a line is at work in its own order, for all that was ordered, sets as a whole",
        sql="""
        select case when line.id is null
                    then min(part.line_id::text) filter (where line.id is null) || ': no such line'
               else line.id || ': ' || line.ordered || ' ordered, ' || line.unplaced
                    || ' unplaced, ' || line.backordered || ' back-ordered, ' || line.canceled
                    || ' canceled, ' || coalesce(sum(part.quantity) filter (where part.counts), 0)
                    || ' at work'
                    || case when bool_and(part.order_id = line.order_id
                                          and part.delivery_nth = line.delivery_nth) is false
                            then ', some for another order or place' else '' end end
          from order_line as line
          full join (
            select part.line_id, part.sku, part.quantity, work.order_id, work.delivery_nth,
                   work.replaced_at is null
                   and work.state not in ('canceled', 'uncollected') as counts
              from fulfillment_line as part
              join fulfillment as work on work.id = part.fulfillment_id
          ) as part on part.line_id = line.id
         group by line.id
        having line.id is null
            or bool_and(part.order_id = line.order_id
                        and part.delivery_nth = line.delivery_nth) is false
            or case when bool_or(part.counts and part.sku <> line.sku) is not true
               then line.ordered <> line.unplaced + line.backordered + line.canceled
                                    + coalesce(sum(part.quantity) filter (where part.counts), 0)
               else exists (
                 select from fulfillment as work
                   join fulfillment_line as own
                     on own.fulfillment_id = work.id and own.line_id = line.id
                  where work.order_id = line.order_id and own.sku <> line.sku
                    and work.replaced_at is null
                    and work.state not in ('canceled', 'uncollected')
                  group by own.sku
                 having line.ordered = line.unplaced + line.backordered + line.canceled
                     or mod(sum(own.quantity), greatest(line.ordered - line.unplaced
                            - line.backordered - line.canceled, 1)) <> 0) end
        """,
    ),
)

INVARIANTS = (*STOCK, *TERMS, *WORK, *PROMISES, *ORDERS, *STRATEGIES, *JOURNAL)
WORK_MEMORY = "256MB"  # Of a sort or a hash table, and given back after it.
HANDS = 2  # Who ask at once: more would keep the rest of the house from its work.


def check(tx: Tx) -> tuple[Violation, ...]:
    """Every invariant that does not hold, in one view of the data."""
    prepare(tx)
    return find_violations(tx, INVARIANTS)


def prepare(tx: Tx) -> None:
    """Each question goes once over whole tables: it may take its time, and memory.

    Questions are asked side by side instead of being cut into parts: parts cost a sixth more.
    """
    tx.execute("set local statement_timeout = 0")
    tx.execute("set local idle_in_transaction_session_timeout = 0")
    tx.execute(f"set local work_mem = '{WORK_MEMORY}'")
    tx.execute("set local max_parallel_workers_per_gather = 0")


def check_now(database: Database) -> tuple[Violation, ...]:
    """Check one moment, by several hands at once."""
    with database.one_moment(HANDS) as views:
        for view in views:
            prepare(view)
        return find_together(views, INVARIANTS)


def check_and_tell(database: Database, now: datetime) -> tuple[Violation, ...]:
    """The same, and a figure for whoever watches, at whichever process they ask."""
    found = check_now(database)
    database.transact(lambda tx: save_check(tx, found, now))
    return found
