"""What is always true of promises that orders took up."""

from ovunque.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        name="what an order was promised is kept with it, delivery by delivery",
        sql="""
        select placed.order_id || ': ' || (placed.body ->> 'promises') || ' promised, '
               || count(kept.order_id) || ' kept'
          from journal as placed
          left join promise as kept
            on kept.order_id = placed.order_id
           and exists (select from delivery
                        where delivery.order_id = kept.order_id and nth = kept.delivery_nth)
         where placed.kind = 'order.placed' and placed.body ? 'promises'
         group by placed.order_id, placed.body
        having count(kept.order_id) <> (placed.body ->> 'promises')::int
        union all
        select kept.order_id || ': nothing was promised for ' || kept.delivery_nth
          from promise as kept
         where not exists (select from delivery
                            where delivery.order_id = kept.order_id and nth = kept.delivery_nth)
        """,
    ),
    Invariant(
        name="what became of a promise is what its arrival says",
        sql="""
        select order_id || ': ' || coalesce(outcome, 'not scored') || ', there '
               || coalesce(arrived_at::text, 'never') || ', promised ' || latest
          from promise
         where case outcome
                 when 'kept' then arrived_at is null or arrived_at < earliest
                                  or arrived_at > latest
                 when 'early' then arrived_at is null or arrived_at >= earliest
                 when 'late' then arrived_at <= latest or blame is null
                 else arrived_at is not null or blame is not null end
            or (outcome is not null and scored_at < latest)
        """,
    ),
    Invariant(
        name="how a promise stands is what was told of it",
        sql="""
        select order_id || ': ' || standing from promise
         where (standing = 'at_risk' and at_risk_at is null and late_at is null)
            or (standing = 'late' and late_at is null)
            or (revised is not null and (late_at is null or revised <= latest))
        """,
    ),
    Invariant(
        name="tables of prices counted one after the other, and each row says its price once",
        sql="""
        select number || ': ' || nth || ' in order'
          from (select number, row_number() over (order by number) as nth
                  from price_publication) as told
         where number <> nth
        union all
        select number || ': ' || (row ->> 'service') || ' from ' || (row ->> 'goods_from')
          from price_publication, jsonb_array_elements(rows) as row
         group by number, row ->> 'channel', row ->> 'service', row ->> 'zone',
                  row ->> 'goods_from'
        having count(*) > 1 or min((row ->> 'price')::bigint) < 0
        """,
    ),
    Invariant(
        name="milestones are those of work of the same order, one after the other",
        sql="""
        select milestone.fulfillment_id::text
          from milestone
          left join fulfillment as work
            on work.id = milestone.fulfillment_id and work.order_id = milestone.order_id
         where work.id is null or accept_by > pick_by or pick_by > coalesce(pack_by, arrive_by)
            or pack_by > hand_over_by or hand_over_by > arrive_by
        """,
    ),
)
