-- What is due is looked for many times a second: an index ends where nothing more is due.
drop index fulfillment_to_improve;
create index fulfillment_to_improve on fulfillment (improve_at)
  where state in ('planned', 'offered', 'accepted') and replaced_at is null
    and carrier_service_id is not null and collect_at is null and improve_at is not null;
create index fulfillment_never_improved on fulfillment (planned_at)
  where state in ('planned', 'offered', 'accepted') and replaced_at is null
    and carrier_service_id is not null and collect_at is null and improve_at is null;

create or replace view work_to_move as
select work.id, work.order_id, work.planned_at, work.location_id
  from location
  join fulfillment as work on work.location_id = location.id
 where location.state in ('paused', 'closed') and work.replaced_at is null
   and work.carrier_service_id is not null
   and work.state in ('planned', 'offered', 'accepted', 'picking');
