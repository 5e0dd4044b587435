-- How promises stand while they are on their way, and until when each step of the work on them has
-- to be done. A promise that nothing can change any more is looked at no more.
alter table promise
  add column standing   text not null default 'on_track'
                        check (standing in ('on_track', 'at_risk', 'late')),
  add column look_at    timestamptz,  -- again from then on; none: it has ended
  add column at_risk_at timestamptz,  -- when that was told
  add column late_at    timestamptz,
  add column revised    timestamptz,  -- the date that the customer was told instead
  add column revised_at timestamptz,
  add check ((revised is null) = (revised_at is null));
create index promise_to_look on promise (look_at) where look_at is not null;
create index promise_endangered on promise (standing, order_id)
  where look_at is not null and standing <> 'on_track';

create table milestone (
  fulfillment_id uuid primary key,
  order_id       uuid not null,
  accept_by      timestamptz not null,
  pick_by        timestamptz not null,
  pack_by        timestamptz,           -- none: it is fetched where it lies
  hand_over_by   timestamptz,
  arrive_by      timestamptz not null,
  standing       text not null check (standing in ('on_track', 'at_risk', 'late')),
  check ((pack_by is null) = (hand_over_by is null))
) with (fillfactor = 80);
create index milestone_order on milestone (order_id);

-- Orders whose promise is in danger or broken, and not at its end.
create view order_endangered as
select order_id, standing from promise where look_at is not null and standing <> 'on_track';

-- With the milestones of what was promised.
create or replace view location_task as
select work.id, coalesce(case when work.arrived_at is not null then work.collect_at end,
                         work.location_id) as location_id,
       work.order_id, placed.number as order_number, work.service,
       work.state, work.planned_at, work.changed_at,
       case when work.arrived_at is null then work.carrier_service_id end as carrier_service_id,
       offer.accept_by, milestone.accept_by as take_by, milestone.pick_by, milestone.pack_by,
       milestone.hand_over_by, milestone.arrive_by, milestone.standing
  from fulfillment as work
  join customer_order as placed on placed.id = work.order_id
  left join offer on offer.fulfillment_id = work.id and offer.location_id = work.location_id
   and offer.state = 'open'
  left join milestone on milestone.fulfillment_id = work.id
 where work.replaced_at is null
   and work.state in ('offered', 'accepted', 'picking', 'picked', 'packed', 'ready');
