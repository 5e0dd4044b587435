-- A fulfillment may be offered to several locations at once: each offer says how it would be served
-- from there, and whoever takes it takes the units with it.
alter table offer
  add column carrier_service_id uuid,
  add column arrives_at         timestamptz,
  add column cost_cents         int,
  add column emissions_g        int;
create index offer_open on offer (location_id) where state = 'open';

-- What each location has to do: all that it is asked, and what is its own.
create or replace view location_task with (security_invoker = true) as
select work.id, coalesce(case when work.arrived_at is not null then work.collect_at end,
                         work.location_id) as location_id,
       work.order_id, placed.number as order_number, work.service,
       work.state, work.planned_at, work.changed_at,
       case when work.arrived_at is null then work.carrier_service_id end as carrier_service_id,
       null::timestamptz as accept_by, milestone.accept_by as take_by, milestone.pick_by,
       milestone.pack_by, milestone.hand_over_by, milestone.arrive_by, milestone.standing
  from fulfillment as work
  join customer_order as placed on placed.id = work.order_id
  left join milestone on milestone.fulfillment_id = work.id
 where work.replaced_at is null
   and work.state in ('accepted', 'picking', 'picked', 'packed', 'ready')
union all
select work.id, offer.location_id, work.order_id, placed.number, work.service, work.state,
       work.planned_at, work.changed_at, offer.carrier_service_id, offer.accept_by,
       milestone.accept_by, milestone.pick_by, milestone.pack_by, milestone.hand_over_by,
       milestone.arrive_by, milestone.standing
  from offer
  join fulfillment as work on work.id = offer.fulfillment_id
  join customer_order as placed on placed.id = work.order_id
  left join milestone on milestone.fulfillment_id = work.id
 where offer.state = 'open' and work.replaced_at is null and work.state = 'offered';

-- Who was asked sees what for, and who has it then.
create policy asked_at_own_location on fulfillment for select to ovunque_store
  using (exists (select from offer
                  where offer.fulfillment_id = fulfillment.id
                    and offer.location_id
                        = (select nullif(current_setting('ovunque.location', true), '')::uuid)));
-- Whoever says that units are missing says it of their own shelf.
alter table fulfillment_missing drop constraint fulfillment_missing_pkey;
alter table fulfillment_missing add primary key (fulfillment_id, reservation_id, location_id);

-- How locations answer what they are offered, by the hour of their week; older answers count less.
create table offer_habit (
  location_id uuid not null,
  hour        smallint not null check (hour between 0 and 167),
  asked_milli bigint not null check (asked_milli > 0),
  taken_milli bigint not null check (taken_milli between 0 and asked_milli),
  primary key (location_id, hour)
);
create index offer_answered on offer (location_id, opened_at)
  where state in ('claimed', 'rejected', 'expired') and accept_by is not null;
revoke select on offer_habit from ovunque_store;
