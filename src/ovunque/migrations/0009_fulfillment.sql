create table fulfillment (
  id                 uuid primary key,
  order_id           uuid not null,
  delivery_nth       int not null,
  location_id        uuid not null,
  carrier_service_id uuid,
  service            text not null check (service in ('home', 'express', 'collect')),
  state              text not null
                     check (state in ('planned', 'offered', 'accepted', 'picking', 'picked',
                                      'packed', 'ready', 'shipped', 'collected', 'delivered',
                                      'failed', 'returning', 'restocked', 'lost', 'rejected',
                                      'withdrawn', 'canceled')),
  planned_at         timestamptz not null,
  offer_at           timestamptz not null,  -- planned work is offered from then on
  changed_at         timestamptz not null,
  resource_at        timestamptz,           -- its units wait to be sourced again from then on
  replaced_at        timestamptz,           -- its units have moved on to other fulfillments
  pickup_code        text,
  check ((resource_at is not null)
         = (state in ('rejected', 'withdrawn') and replaced_at is null)),
  check ((replaced_at is not null) <= (state in ('rejected', 'withdrawn')))
) with (fillfactor = 80);
create index fulfillment_order on fulfillment (order_id);
create index fulfillment_location on fulfillment (location_id, state, id);
create index fulfillment_unfinished on fulfillment (order_id)
  where replaced_at is null
    and state in ('planned', 'offered', 'rejected', 'withdrawn',
                  'accepted', 'picking', 'picked', 'packed', 'ready');
create index fulfillment_to_offer on fulfillment (offer_at) where state = 'planned';
create index fulfillment_to_source on fulfillment (resource_at) where resource_at is not null;

-- Units of an order line under one reservation, and the parcel that they are in.
create table fulfillment_line (
  fulfillment_id uuid not null,
  reservation_id uuid not null,
  line_id        uuid not null,
  sku            text collate "C" not null,
  quantity       int not null check (quantity between 1 and 1000000),
  picked         int not null default 0,
  parcel_id      uuid,
  primary key (fulfillment_id, reservation_id),
  check (picked between 0 and quantity),
  check ((parcel_id is not null) <= (picked = quantity))
) with (fillfactor = 80);

-- What an order has come to, from what its lines wait for and where their work has got to.
create view order_status as
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
           coalesce(bool_or(state in ('accepted', 'picking', 'picked', 'packed', 'ready')), false)
           as begun,
           coalesce(bool_or(state in ('shipped', 'collected', 'delivered', 'failed', 'returning',
                                      'restocked', 'lost')), false) as gone
      from fulfillment where order_id = placed.id and replaced_at is null
  ) as work;
