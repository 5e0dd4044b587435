-- What a location offers: how much in an hour, how far and how soon by express, whole carts only;
-- and until when it pauses, and why.
alter table location
  add column capacity_per_hour int not null default 0
             check (capacity_per_hour between 0 and 1000000),  -- 0: none told
  add column express_radius_km int not null default 25 check (express_radius_km between 0 and 1000),
  add column express_minutes   int not null default 60 check (express_minutes between 1 and 1440),
  add column carts             text not null default 'part' check (carts in ('part', 'whole')),
  add column paused_until      timestamptz,
  add column pause_reason      text,
  add check (state = 'paused' or (paused_until is null and pause_reason is null));
create index location_to_resume on location (paused_until) where paused_until is not null;

-- Work that a location which pauses cannot keep: what could leave from elsewhere as well. What
-- customers come for stays where they come.
create view work_to_move as
select work.id, work.order_id, work.planned_at
  from location
  join fulfillment as work on work.location_id = location.id
 where location.state in ('paused', 'closed') and work.replaced_at is null
   and work.carrier_service_id is not null
   and work.state in ('planned', 'offered', 'accepted', 'picking');
