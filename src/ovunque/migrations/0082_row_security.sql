-- The second wall: who reads for one store sees that store's work, whatever the question forgot.
-- `ovunque.location` is set for one transaction; without it nothing is seen.
do $$
declare
  name text;
  mine text;
begin
  for name, mine in
    values ('fulfillment', 'location_id'), ('offer', 'location_id'), ('parcel', 'location_id'),
           ('manifest', 'location_id'), ('carrier_pickup', 'location_id'),
           ('device', 'location_id'), ('transfer', 'from_id')
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy everything on %I to ovunque_system using (true) with check (true)',
                   name);
    execute format(
      'create policy own_location on %I for select to ovunque_store '
      'using (%I = (select nullif(current_setting(''ovunque.location'', true), '''')::uuid))',
      name, mine);
  end loop;
  -- Where we may: then the rest of the house does not even look at a policy, and may COPY.
  if (select rolsuper from pg_roles where rolname = current_user) then
    alter role ovunque_system bypassrls;
  end if;
end
$$;
-- What is sent to a store, to be fetched there or to be sold, is that store's too.
create policy fetched_at_own_location on fulfillment for select to ovunque_store
  using (collect_at = (select nullif(current_setting('ovunque.location', true), '')::uuid));
create policy fetched_at_own_location on parcel for select to ovunque_store
  using (exists (select from fulfillment as work
                  where work.id = parcel.fulfillment_id
                    and work.collect_at = (select nullif(current_setting('ovunque.location', true),
                                                         '')::uuid)));
create policy to_own_location on transfer for select to ovunque_store
  using (to_id = (select nullif(current_setting('ovunque.location', true), '')::uuid));

-- A view asks in the name of whoever reads it, not of who made it.
alter view location_task set (security_invoker = true);
alter view location_task_line set (security_invoker = true);
alter view location_parcel set (security_invoker = true);

-- Who reads for a store writes nothing, and sees no secret of a door.
grant select on all tables in schema public to ovunque_store;
alter default privileges in schema public grant select on tables to ovunque_store;
revoke select on api_key, session, second_factor, recovery_code, invitation, sign_in_try, person,
                 promise_key from ovunque_store;
