"""What is always true of orders, and the check of all rooms together."""

from ovunque.platform.database import Database, Tx
from ovunque.platform.invariants import (
    JOURNAL,
    Invariant,
    Violation,
    find_violations,
)
from ovunque.platform.telemetry import VIOLATIONS
from ovunque.stock.checking import INVARIANTS as STOCK

ORDERS = (
    Invariant(
        name="no row of an order stands without its order",
        sql="""
        select kind || ' of ' || order_id
          from (select 'line' as kind, order_id from order_line
                union all select 'delivery', order_id from delivery
                union all select 'charge', order_id from order_charge
                union all select 'decision', order_id from decision
                union all select 'fulfillment', order_id from fulfillment
                union all select 'timeline', order_id from timeline
                union all select 'reservation', order_id from reservation
                           where order_id is not null) as part
         where not exists (select from customer_order where id = part.order_id)
        """,
    ),
    Invariant(
        name="every order has a line, a delivery for it, a customer and a story",
        sql="""
        select number from customer_order as placed
         where not exists (select from order_line where order_id = placed.id)
            or not exists (select from timeline where order_id = placed.id)
            or not exists (select from customer where id = placed.customer_id)
            or exists (select from order_line as line where line.order_id = placed.id
                          and not exists (select from delivery
                                           where order_id = placed.id and nth = line.delivery_nth))
            or exists (select from delivery where order_id = placed.id
                          and contact_id is not null
                          and not exists (select from contact where id = delivery.contact_id))
        """,
    ),
    Invariant(
        name="what a line adds up to is what was ordered",
        sql="""
        select id::text from order_line
         where ordered <> unplaced + backordered + reserved + canceled
        """,
    ),
    # Whether a line was a bundle is told by what was claimed for it: the catalog may have changed.
    Invariant(
        name="a line's reserved units are reserved",
        sql="""
        select line.id || ': ' || line.reserved || ' reserved, ' || coalesce(sum(claim.quantity), 0)
               || ' claimed'
          from order_line as line
          left join reservation as claim
            on claim.order_id = line.order_id and claim.line_id = line.id
           and claim.state = 'allocated'
         group by line.id, line.reserved
        having count(*) filter (where claim.sku <> line.sku) = 0
           and line.reserved <> coalesce(sum(claim.quantity), 0)
        """,
    ),
    Invariant(
        name="a bundle is reserved in whole sets",
        sql="""
        select line.id || ': ' || line.reserved || ' of ' || line.sku || ' take '
               || sum(claim.quantity) || ' of ' || claim.sku
          from order_line as line
          join reservation as claim
            on claim.order_id = line.order_id and claim.line_id = line.id
           and claim.state = 'allocated'
         where claim.sku <> line.sku
         group by line.id, line.reserved, line.sku, claim.sku
        having line.reserved = 0 or mod(sum(claim.quantity), greatest(line.reserved, 1)) <> 0
        """,
    ),
    Invariant(
        name="every allocated reservation is somebody's work, there and in that quantity",
        sql="""
        select claim.id::text
          from reservation as claim
          left join fulfillment as work
               join fulfillment_line as part on part.fulfillment_id = work.id
            on work.order_id = claim.order_id and part.reservation_id = claim.id
         where claim.state = 'allocated'
         group by claim.id
        having count(*) filter (where work.state = 'planned'
                                  and work.location_id = claim.location_id
                                  and part.line_id = claim.line_id
                                  and part.sku = claim.sku
                                  and part.quantity = claim.quantity) <> 1
            or count(part.reservation_id) <> 1
        """,
    ),
    Invariant(
        name="planned work holds its units",
        sql="""
        select work.id::text
          from fulfillment as work
          left join fulfillment_line as part on part.fulfillment_id = work.id
          left join reservation as claim
            on claim.id = part.reservation_id and claim.state = 'allocated'
         where work.state = 'planned'
         group by work.id
        having count(claim.id) = 0 or count(claim.id) <> count(part.line_id)
        """,
    ),
)

INVARIANTS = (*STOCK, *ORDERS, *JOURNAL)


def check(tx: Tx) -> tuple[Violation, ...]:
    """Every invariant that does not hold, in one view of the data."""
    tx.execute("set local statement_timeout = 0")
    return find_violations(tx, INVARIANTS)


def check_now(database: Database) -> tuple[Violation, ...]:
    """Check in a transaction that sees one moment, and tell the figure to whoever watches."""
    found = database.transact(
        lambda tx: (tx.execute("set transaction isolation level repeatable read"), check(tx))[1]
    )
    VIOLATIONS.set(len(found))
    return found
