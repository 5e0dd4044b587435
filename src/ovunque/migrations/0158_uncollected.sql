-- What nobody comes for: until when it waits, when its customer is reminded, and its end.
create table pickup_term (
  channel_id  uuid,  -- Null: every channel.
  location_id uuid,  -- Null: every store. Whoever says more is heard before who says less.
  days        int not null check (days between 1 and 60),
  remind_days int not null check (remind_days between 0 and days),  -- Before the end; 0: nobody is.
  unique nulls not distinct (channel_id, location_id)
);

alter table fulfillment
  drop constraint fulfillment_state_check,
  drop constraint fulfillment_check3,
  add constraint fulfillment_state_check
      check (state in ('planned', 'offered', 'accepted', 'picking', 'picked', 'packed', 'ready',
                       'shipped', 'awaiting_arrival', 'collected', 'uncollected', 'delivered',
                       'failed', 'returning', 'restocked', 'lost', 'rejected', 'withdrawn',
                       'canceled')),
  add constraint fulfillment_arrived_check
      check ((arrived_at is not null) <= (collect_at is not null
                                          and state in ('ready', 'collected', 'uncollected'))),
  add column collect_by timestamptz,
  add column remind_at timestamptz;  -- Null: nobody is reminded any more.
create index fulfillment_to_collect on fulfillment (collect_by) where state = 'ready';
create index fulfillment_to_remind on fulfillment (remind_at) where state = 'ready';

-- The end of a day at the store, so many days from now, and when to remind of it.
create function pickup_until(of_order uuid, place uuid, since timestamptz,
                             out collect_by timestamptz, out remind_at timestamptz)
language sql stable as $$
  select said.until,
         case when said.remind_days > 0
              then said.until - said.remind_days * interval '1 day' end
    from (select (date_trunc('day', since at time zone zone.name)
                  + (coalesce(term.days, 7) + 1) * interval '1 day') at time zone zone.name
                 as until,
                 coalesce(term.remind_days, 2) as remind_days
            from (select coalesce((select time_zone from location where id = place), 'UTC')
                         as name) as zone
            left join lateral
                 (select days, remind_days from pickup_term
                    join customer_order as placed on placed.id = of_order
                   where (pickup_term.channel_id is null
                          or pickup_term.channel_id = placed.channel_id)
                     and (pickup_term.location_id is null or pickup_term.location_id = place)
                   order by pickup_term.location_id nulls last,
                            pickup_term.channel_id nulls last
                   limit 1) as term on true) as said
$$;

-- With the day until which it waits.
create or replace view location_task with (security_invoker = true) as
select work.id, coalesce(case when work.arrived_at is not null then work.collect_at end,
                         work.location_id) as location_id,
       work.order_id, placed.number as order_number, work.service,
       work.state, work.planned_at, work.changed_at,
       case when work.arrived_at is null then work.carrier_service_id end as carrier_service_id,
       null::timestamptz as accept_by, milestone.accept_by as take_by, milestone.pick_by,
       milestone.pack_by, milestone.hand_over_by, milestone.arrive_by, milestone.standing,
       work.collect_by
  from fulfillment as work
  join customer_order as placed on placed.id = work.order_id
  left join milestone on milestone.fulfillment_id = work.id
 where work.replaced_at is null
   and work.state in ('accepted', 'picking', 'picked', 'packed', 'ready')
union all
select work.id, offer.location_id, work.order_id, placed.number, work.service, work.state,
       work.planned_at, work.changed_at, offer.carrier_service_id, offer.accept_by,
       milestone.accept_by, milestone.pick_by, milestone.pack_by, milestone.hand_over_by,
       milestone.arrive_by, milestone.standing,
       work.collect_by
  from offer
  join fulfillment as work on work.id = offer.fulfillment_id
  join customer_order as placed on placed.id = work.order_id
  left join milestone on milestone.fulfillment_id = work.id
 where offer.state = 'open' and work.replaced_at is null and work.state = 'offered';
