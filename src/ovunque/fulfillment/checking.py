"""What is always true of the work of locations."""

from ovunque.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        name="no claim is the work of two",
        sql="""
        select claim.id::text
          from (select reservation_id as id from fulfillment_line
                 group by reservation_id having count(*) > 1) as part
          join reservation as claim using (id)
         where claim.order_id is not null and claim.state in ('allocated', 'consumed')
        """,
    ),
    Invariant(
        name="work holds its units, there and in that quantity, until they leave",
        sql="""
        select coalesce(work.id || ': ' || work.state || ' at ' || work.location_id || ' has '
                        || part.quantity || ' of ' || part.sku, 'nobody''s work')
               || ', ' || coalesce(claim.state || ' are ' || claim.quantity || ' of ' || claim.sku,
                                   'nothing is reserved')
          from fulfillment as work
          join fulfillment_line as part on part.fulfillment_id = work.id
          left join parcel on parcel.id = part.parcel_id
          full join (select * from reservation where order_id is not null) as claim
            on claim.id = part.reservation_id
         where case when work.id is null
               then claim.state in ('allocated', 'consumed')
                 or not exists (select from customer_order where id = claim.order_id)
               else claim.id is null
                 or (claim.order_id, claim.line_id, claim.sku, claim.quantity)
                    is distinct from (work.order_id, part.line_id, part.sku, part.quantity)
                 or claim.location_id <> work.location_id
                 or claim.state <> case
                      when work.replaced_at is not null or work.state = 'canceled'
                        or work.state = 'uncollected' and work.arrived_at is null then 'released'
                      when work.state in ('shipped', 'awaiting_arrival', 'collected', 'delivered',
                                          'uncollected', 'failed', 'returning', 'restocked', 'lost')
                        or parcel.state not in ('open', 'labeled', 'voided') then 'consumed'
                      else 'allocated' end end
        """,
    ),
    Invariant(
        name="what has left is a movement of ours, and once",
        sql="""
        select coalesce(claim.id::text, movement.id)
          from (select * from reservation where state = 'consumed') as claim
          full join (select * from stock_movement where source = 'ovunque') as movement
            on movement.id = claim.id::text
         where (claim.sku, claim.location_id, -claim.quantity)
               is distinct from (movement.sku, movement.location_id, movement.quantity)
            or movement.kind not in ('shipped', 'collected')
        """,
    ),
    Invariant(
        name="an order moves to a better place twice at most, untouched, and in one piece",
        sql="""
        select order_id || ': ' || count(distinct rerouted_at) || ' times'
          from fulfillment where rerouted_at is not null
         group by order_id having count(distinct rerouted_at) > 2
        union all
        select work.id || ': picked' from fulfillment as work
          join fulfillment_line as part on part.fulfillment_id = work.id
         where work.rerouted_at is not null and part.picked > 0
        union all
        select old.id || ': its units are nowhere' from fulfillment as old
         where old.rerouted_at is not null
           and not exists (select from fulfillment as work
                            where (work.order_id, work.delivery_nth, work.planned_at)
                                  = (old.order_id, old.delivery_nth, old.rerouted_at))
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
        name="one location has what was offered, or those who may take it have its units",
        sql="""
        select work.id || ': ' || work.state || ', '
               || count(*) filter (where offer.state = 'claimed') || ' have it, '
               || count(*) filter (where offer.state = 'open') || ' are asked'
          from fulfillment as work
          join offer on offer.fulfillment_id = work.id
         group by work.id
        having count(*) filter (where offer.state = 'claimed') > 1
            or (bool_or(offer.state = 'claimed') and bool_or(offer.state = 'open'))
            or (work.state = 'offered'
                and not bool_or(offer.state = 'open' and offer.location_id = work.location_id))
        """,
    ),
    Invariant(
        name="who works on something has taken it",
        sql="""
        select id || ': ' || state from fulfillment as work
         where state in ('accepted', 'picking', 'picked', 'packed', 'ready', 'shipped',
                         'awaiting_arrival', 'collected', 'delivered', 'failed', 'returning',
                         'restocked', 'lost', 'withdrawn')
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
            or (work.state in ('picked', 'packed', 'ready', 'shipped', 'awaiting_arrival',
                               'collected', 'delivered', 'failed', 'returning', 'restocked', 'lost')
                and part.picked < part.quantity)
        """,
    ),
    Invariant(
        name="a parcel holds what was packed for its own fulfillment",
        sql="""
        select parcel.id || ': ' || parcel.state from parcel
         where (parcel.state <> 'voided')
               <> exists (select from fulfillment_line
                           where fulfillment_id = parcel.fulfillment_id and parcel_id = parcel.id)
            or not exists (select from fulfillment as work
                            where work.id = parcel.fulfillment_id
                              and work.order_id = parcel.order_id
                              and work.location_id = parcel.location_id)
        union all
        select part.fulfillment_id || ': ' || part.sku || ' is in no parcel of its own'
          from fulfillment_line as part
          left join parcel
            on parcel.id = part.parcel_id and parcel.fulfillment_id = part.fulfillment_id
         where part.parcel_id is not null and parcel.id is null
        """,
    ),
    Invariant(
        name="work has come as far as its parcels",
        sql="""
        select work.id || ': ' || work.state
          from fulfillment as work
          left join fulfillment_line as part on part.fulfillment_id = work.id
          left join parcel on parcel.id = part.parcel_id
         where work.carrier_service_id is not null
         group by work.id
        having case
          when work.state = 'picked' then bool_and(parcel.id is not null)
          when work.state = 'packed'
            then bool_or(parcel.id is null) or not bool_or(parcel.state = 'open')
          when work.arrived_at is not null
            then not bool_and(parcel.id is not null and parcel.received_at is not null)
          when work.state = 'awaiting_arrival'
            then bool_or(parcel.id is null or parcel.state in ('open', 'labeled', 'voided'))
          when work.state = 'ready'
            then bool_or(parcel.id is null or parcel.state = 'open')
                 or bool_and(parcel.state <> 'labeled')
          when work.state in ('shipped', 'delivered', 'failed', 'returning', 'restocked', 'lost')
            then bool_or(parcel.id is null or parcel.state in ('open', 'labeled'))
                 or (work.state = 'delivered') <> bool_and(parcel.state = 'delivered')
          else count(parcel.id) > 0 end
        """,
    ),
    Invariant(
        name="a carrier's visit is confirmed, called off, or being asked for",
        sql="""
        select id::text from carrier_pickup
         where confirmation is null and canceled_at is null
           and not exists (select from job where key = 'visit-' || carrier_pickup.id)
        """,
    ),
    Invariant(
        name="a parcel with a number has its label",
        sql="""
        select id || ': ' || state from parcel
         where (tracking is not null)
               <> exists (select from parcel_label where parcel_id = parcel.id)
        """,
    ),
    Invariant(
        name="a parcel without a label has somebody to buy it",
        sql="""
        select id || ': ' || state from parcel
         where state = 'open' and not exists (select from job where key = 'label-' || parcel.id)
        """,
    ),
    Invariant(
        name="who comes for goods that are ready has a code",
        sql="""
        select id || ': ' || state from fulfillment
         where (carrier_service_id is null or arrived_at is not null)
           and state in ('ready', 'collected', 'uncollected') and pickup_code is null
        """,
    ),
    Invariant(
        name="what waits for a customer does not wait for ever",
        sql="""
        select id || ': ready' from fulfillment
         where (carrier_service_id is null or arrived_at is not null)
           and state = 'ready' and replaced_at is null and collect_by is null
        """,
    ),
    Invariant(
        name="what is sent to a store is fetched there, once it has arrived",
        sql="""
        select work.id || ': ' || work.state || ' at ' || delivery.location_id
          from fulfillment as work
          join delivery on delivery.order_id = work.order_id and delivery.nth = work.delivery_nth
         where (work.collect_at is not null)
               <> (work.service = 'collect' and work.carrier_service_id is not null)
            or work.collect_at <> delivery.location_id
            or (work.state = 'collected' and work.carrier_service_id is not null
                and work.arrived_at is null)
        """,
    ),
    Invariant(
        name="nobody is asked to prepare what its customer is still asked about",
        sql="""
        select work.id || ': ' || work.state
          from pickup_question as asked
          join fulfillment as work
            on work.order_id = asked.order_id and work.delivery_nth = asked.delivery_nth
         where asked.answer is null and work.replaced_at is null
           and work.state not in ('planned', 'rejected', 'withdrawn', 'canceled')
        """,
    ),
    Invariant(
        name="nobody is asked to prepare an order that is kept back",
        sql="""
        select work.id || ': ' || work.state || ', kept back: ' || kept.reason
          from order_hold as kept
          join fulfillment as work on work.order_id = kept.order_id
         where kept.released_at is null and work.replaced_at is null
           and work.state in ('offered', 'accepted')
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
    Invariant(
        name="what a store keeps for a visit is reserved there until the visit is over",
        sql="""
        select line.store_reservation_id || ': ' || kept.state || ', ' || line.sku || ' is '
               || coalesce(claim.state || ' ' || claim.quantity, 'nowhere')
          from store_reservation_line as line
          join store_reservation as kept on kept.id = line.store_reservation_id
          left join reservation as claim on claim.id = line.reservation_id
         where case when kept.state in ('requested', 'set_aside')
                     and coalesce(line.found, line.quantity) > 0
                    then (claim.state, claim.sku, claim.location_id, claim.quantity)
                         is distinct from ('allocated', line.sku, kept.location_id,
                                           coalesce(line.found, line.quantity))
                    else coalesce(claim.state, 'released') <> 'released' end
        union all
        select claim.id || ': ' || claim.sku || ' is kept for nobody'
          from reservation as claim
         where claim.state = 'allocated' and claim.order_id is null
           and not exists (select from store_reservation_line as line
                             join store_reservation as kept on kept.id = line.store_reservation_id
                            where line.reservation_id = claim.id
                              and kept.state in ('requested', 'set_aside'))
        """,
    ),
    Invariant(
        name="the journal tells every step of every store reservation",
        sql="""
        with told as (
          select (body->>'reservation')::uuid as id, body->'way'->>0 as before,
                 body->'way'->>-1 as after
            from journal where starts_with(kind, 'store_reservation.') and body ? 'way'
        )
        select kept.id || ': ' || kept.state || ', but the journal tells another story'
          from store_reservation as kept
         where not exists (select from told where told.id = kept.id and after = kept.state)
            or exists (select from told where told.id = kept.id and before = kept.state)
        """,
    ),
)
