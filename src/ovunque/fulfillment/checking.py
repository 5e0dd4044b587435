"""What is always true of the work of locations."""

from ovunque.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        name="every claim of an order is somebody's work",
        sql="""
        select claim.id::text
          from reservation as claim
          left join fulfillment_line as part on part.reservation_id = claim.id
         where claim.order_id is not null and claim.state in ('allocated', 'consumed')
         group by claim.id
        having count(part.reservation_id) <> 1
        """,
    ),
    Invariant(
        name="work holds its units, there and in that quantity, until they leave",
        sql="""
        select work.id || ': ' || work.state || ' at ' || work.location_id || ' has '
               || part.quantity || ' of ' || part.sku || ', '
               || coalesce(claim.state || ' are ' || claim.quantity || ' of ' || claim.sku,
                           'nothing is reserved')
          from fulfillment as work
          join fulfillment_line as part on part.fulfillment_id = work.id
          left join reservation as claim on claim.id = part.reservation_id
         where claim.id is null
            or (claim.order_id, claim.line_id, claim.sku, claim.quantity)
               is distinct from (work.order_id, part.line_id, part.sku, part.quantity)
            or claim.location_id <> work.location_id
            or claim.state <> case
                 when work.replaced_at is not null or work.state = 'canceled' then 'released'
                 when work.state in ('shipped', 'collected', 'delivered', 'failed', 'returning',
                                     'restocked', 'lost') then 'consumed'
                 else 'allocated' end
        """,
    ),
    Invariant(
        name="nobody is asked to prepare nothing",
        sql="""
        select id::text from fulfillment as work
         where not exists (select from fulfillment_line where fulfillment_id = work.id)
        """,
    ),
    Invariant(
        name="what is offered waits for an answer, and nothing else does",
        sql="""
        select work.id || ': ' || work.state || ', ' || count(offer.id) || ' offers open'
          from fulfillment as work
          left join offer on offer.fulfillment_id = work.id and offer.state = 'open'
         group by work.id
        having (work.state = 'offered') <> (count(offer.id) > 0)
        """,
    ),
    Invariant(
        name="who works on something has taken it",
        sql="""
        select id || ': ' || state from fulfillment as work
         where state in ('accepted', 'picking', 'picked', 'packed', 'ready', 'shipped', 'collected',
                         'delivered', 'failed', 'returning', 'restocked', 'lost', 'withdrawn')
           and not exists (select from offer where fulfillment_id = work.id
                              and location_id = work.location_id and state = 'claimed')
        """,
    ),
    Invariant(
        name="what is picked has been counted",
        sql="""
        select work.id || ': ' || work.state || ', ' || part.picked || ' of ' || part.quantity
               || ' picked of ' || part.sku
          from fulfillment as work
          join fulfillment_line as part on part.fulfillment_id = work.id
         where (work.state in ('planned', 'offered', 'accepted') and part.picked > 0)
            or (work.state in ('picked', 'packed', 'ready', 'shipped', 'collected', 'delivered',
                               'failed', 'returning', 'restocked', 'lost')
                and part.picked < part.quantity)
        """,
    ),
    Invariant(
        name="the journal tells every step of every fulfillment",
        sql="""
        with step as (
          select (move.step->>0)::uuid as id, move.step->>1 as before, move.step->>2 as after,
                 row_number() over (partition by move.step->>0
                                    order by journal.order_seq, move.nth) as nth
            from journal
            cross join lateral jsonb_array_elements(journal.body->'moved')
                 with ordinality as move (step, nth)
           where journal.order_id is not null and journal.body ? 'moved'
        ), chained as (
          select *, lag(after) over (partition by id order by nth) as left_at,
                 lead(after) over (partition by id order by nth) is null as is_last
            from step
        )
        select id || ': from ' || coalesce(before, 'nothing') || ' to ' || after || ', but it was '
               || coalesce(left_at, 'planned')
          from chained
         where before is distinct from coalesce(left_at, case when before is not null
                                                              then 'planned' end)
            or (before is null and after not in ('rejected', 'canceled'))
        union all
        select work.id || ': ' || work.state || ', but the journal says '
               || coalesce(chained.after, 'planned')
          from fulfillment as work
          left join chained on chained.id = work.id and chained.is_last
         where work.state <> coalesce(chained.after, 'planned')
        """,
    ),
)
