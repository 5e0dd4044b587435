-- More ways of getting goods, and parcels that go to the place where customers fetch them.
alter table delivery
  drop constraint delivery_service_check,
  drop constraint delivery_check,
  add constraint delivery_service_check
      check (service in ('home', 'express', 'collect', 'express_collect', 'reserve',
                         'pickup_point', 'take_away')),
  add constraint delivery_place_check
      check ((service in ('home', 'express')) = (location_id is null));

alter table fulfillment
  drop constraint fulfillment_service_check,
  drop constraint fulfillment_state_check,
  add constraint fulfillment_service_check
      check (service in ('home', 'express', 'collect', 'express_collect', 'reserve',
                         'pickup_point', 'take_away')),
  add constraint fulfillment_state_check
      check (state in ('planned', 'offered', 'accepted', 'picking', 'picked', 'packed', 'ready',
                       'shipped', 'awaiting_arrival', 'collected', 'delivered', 'failed',
                       'returning', 'restocked', 'lost', 'rejected', 'withdrawn', 'canceled')),
  add column collect_at uuid,         -- the other location where its parcels are fetched
  add column arrived_at timestamptz,  -- when the last of them was received there
  add check ((collect_at is not null) <= (carrier_service_id is not null)),
  add check ((arrived_at is not null) <= (collect_at is not null
                                          and state in ('ready', 'collected'))),
  add check ((state = 'awaiting_arrival') <= (collect_at is not null));
create index fulfillment_collect_at on fulfillment (collect_at, state, id)
  where collect_at is not null;

alter table delivery_price
  drop constraint delivery_price_service_check,
  add constraint delivery_price_service_check
      check (service in ('home', 'express', 'collect', 'express_collect', 'reserve',
                         'pickup_point', 'take_away'));
insert into delivery_price (service, price_cents, free_from_cents)
values ('express_collect', 0, null), ('reserve', 0, null), ('take_away', 0, null),
       ('pickup_point', 390, 4900);

-- What has arrived where it is fetched has left us, as far as an order is concerned.
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
      from fulfillment where order_id = placed.id and replaced_at is null
  ) as work;

-- Also what customers fetch here though it was prepared elsewhere.
create or replace view location_task as
select work.id, coalesce(case when work.arrived_at is not null then work.collect_at end,
                         work.location_id) as location_id,
       work.order_id, placed.number as order_number, work.service,
       work.state, work.planned_at, work.changed_at,
       case when work.arrived_at is null then work.carrier_service_id end as carrier_service_id,
       offer.accept_by
  from fulfillment as work
  join customer_order as placed on placed.id = work.order_id
  left join offer on offer.fulfillment_id = work.id and offer.location_id = work.location_id
   and offer.state = 'open'
 where work.replaced_at is null
   and work.state in ('offered', 'accepted', 'picking', 'picked', 'packed', 'ready');
