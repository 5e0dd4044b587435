-- What came to a store and was not fetched there is the store's: an order does without it.
create or replace view order_status as
select placed.id as order_id,
       case when work.gone and (lines.waits or work.begun or work.reserved)
            then 'partially_fulfilled'
            when work.gone then 'fulfilled'
            when work.begun then 'in_progress'
            when lines.waits or work.reserved then 'open'
            else 'canceled' end as status
  from customer_order as placed
  cross join lateral (
    select coalesce(bool_or(unplaced + backordered > 0), false) as waits
      from order_line where order_id = placed.id
  ) as lines
  cross join lateral (
    select coalesce(bool_or(state in ('planned', 'offered', 'rejected', 'withdrawn')), false)
           as reserved,
           coalesce(bool_or(arrived_at is null
                            and state in ('accepted', 'picking', 'picked', 'packed', 'ready')),
                    false) as begun,
           coalesce(bool_or(arrived_at is not null
                            or state in ('shipped', 'awaiting_arrival', 'collected', 'delivered',
                                         'failed', 'returning', 'restocked', 'lost')), false)
           as gone
      from fulfillment where order_id = placed.id and replaced_at is null and state <> 'uncollected'
  ) as work;
