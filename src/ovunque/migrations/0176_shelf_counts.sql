-- A count of shelves by scanning: what is asked for, or whatever somebody scans.
create table shelf_count (
  id          uuid primary key,
  location_id uuid not null,
  kind        text not null check (kind in ('directed', 'free')),
  begun_at    timestamptz not null,
  begun_by    text not null,
  closed_at   timestamptz,
  closed_by   text,
  outcome     text check (outcome in ('booked', 'dropped')),
  check ((closed_at is null) = (outcome is null)),
  check ((closed_at is null) = (closed_by is null))
);
create index shelf_count_open on shelf_count (location_id, begun_at) where closed_at is null;

-- The items that a directed count is about, and of every count what it found once it was booked.
create table shelf_count_item (
  count_id uuid not null,
  sku      text collate "C" not null,
  counted  int check (counted >= 0),  -- Null: not booked.
  expected int,                       -- On the shelf by our books, at that moment.
  primary key (count_id, sku),
  check ((counted is null) = (expected is null))
);

-- Every scan stays, also those that were taken back and those that no item has.
create table shelf_count_scan (
  count_id      uuid not null,
  id            uuid not null,
  at            timestamptz not null,
  by            text not null,
  code          text not null check (length(code) between 1 and 200),
  sku           text collate "C",  -- Null: nobody knows the code.
  quantity      int not null check (quantity between 1 and 10000),
  taken_back_at timestamptz,
  settled_by    text,              -- Who said afterwards what the code is, or that it is not ours.
  primary key (count_id, id)
);

do $$
declare
  name text;
begin
  for name in values ('shelf_count'), ('shelf_count_item'), ('shelf_count_scan')
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy everything on %I to ovunque_system using (true) with check (true)',
                   name);
  end loop;
end
$$;
create policy own_location on shelf_count for select to ovunque_store
  using (location_id = (select nullif(current_setting('ovunque.location', true), '')::uuid));
create policy own_location on shelf_count_item for select to ovunque_store
  using (exists (select from shelf_count where id = count_id));
create policy own_location on shelf_count_scan for select to ovunque_store
  using (exists (select from shelf_count where id = count_id));
