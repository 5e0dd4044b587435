-- Work that nobody picks yet is planned again now and then, and may move to a better place.
alter table fulfillment
  add column improve_at timestamptz,   -- not looked at again before
  add column rerouted_at timestamptz,  -- its units moved to a better place
  add check ((rerouted_at is not null) <= (replaced_at is not null));
create index fulfillment_to_improve on fulfillment (improve_at nulls first, id)
  where state in ('planned', 'offered', 'accepted') and replaced_at is null
    and carrier_service_id is not null and collect_at is null;
create index fulfillment_rerouted on fulfillment (rerouted_at) where rerouted_at is not null;
