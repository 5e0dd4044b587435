create table stock_level (
  sku             text collate "C" not null,
  location_id     uuid not null,
  on_hand         int not null check (on_hand between -1000000000 and 1000000000),
  unavailable     int not null default 0 check (unavailable between 0 and 1000000000),
  reserved        int not null default 0 check (reserved between 0 and 1000000000),
  baseline        int not null default 0 check (baseline between 0 and 1000000000),
  baseline_as_of  timestamptz not null default '-infinity',
  baseline_source text not null default '',
  version         bigint not null default 1,
  primary key (sku, location_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index stock_level_location on stock_level (location_id, sku);

-- Append-only: every count that became a level's baseline; those that were booked together are one
-- row, whose span says which items to look for in it.
create type sku_range as range (subtype = text, collation = "C");
create table stock_counted (
  position     bigint generated always as identity primary key,
  source       text not null,
  recorded_at  timestamptz not null,
  span         sku_range not null,
  skus         text[] collate "C" not null,
  location_ids uuid[] not null,
  as_ofs       timestamptz[] not null,
  on_hands     int[] not null,
  check (cardinality(skus) > 0 and cardinality(location_ids) = cardinality(skus)
         and cardinality(as_ofs) = cardinality(skus) and cardinality(on_hands) = cardinality(skus))
);
create index stock_counted_span on stock_counted using gist (span);
create view stock_count as
select told.sku, told.location_id, told.as_of, counted.source, told.on_hand, counted.recorded_at
  from stock_counted as counted
 cross join lateral unnest(counted.skus, counted.location_ids, counted.as_ofs, counted.on_hands)
       as told (sku, location_id, as_of, on_hand);

-- Append-only: with the baseline of a count the only way on_hand changes. Quantity is signed.
create table stock_movement (
  source      text not null,
  id          text collate "C" not null check (length(id) between 1 and 100),
  sku         text collate "C" not null,
  location_id uuid not null,
  kind        text not null check (kind in ('received', 'sold_in_store', 'returned', 'adjusted',
                                            'written_off', 'shipped', 'collected')),
  quantity    int not null check (quantity between -1000000 and 1000000 and quantity <> 0),
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  sequence    bigint,
  reason      text,
  primary key (source, id)
);
create index stock_movement_level on stock_movement (sku, location_id, occurred_at);

create table reservation (
  id          uuid primary key,
  order_id    uuid,                -- none: a hold
  line_id     uuid not null,
  sku         text collate "C" not null,
  location_id uuid not null,
  quantity    int not null check (quantity between 1 and 1000000),
  state       text not null
              check (state in ('held', 'allocated', 'consumed', 'released', 'expired')),
  expires_at  timestamptz,
  check ((state in ('held', 'expired')) <= (expires_at is not null))
) with (fillfactor = 80);
create index reservation_level on reservation (sku, location_id)
  where state in ('held', 'allocated');
create index reservation_due on reservation (expires_at) where state = 'held';

-- Why units lie there and cannot be sold: a level's `unavailable` is their sum.
create table stock_unavailable (
  sku         text collate "C" not null,
  location_id uuid not null,
  reason      text not null
              check (reason in ('damaged', 'display', 'missing', 'put_back', 'awaiting_till')),
  quantity    int not null check (quantity between 1 and 1000000000),
  primary key (sku, location_id, reason)
);

-- A level below zero must be named by an open shortage; the trigger looks again at commit.
create table shortage (
  sku         text collate "C" not null,
  location_id uuid not null,
  units       int not null check (units > 0),
  opened_at   timestamptz not null,
  primary key (sku, location_id)
);
create function stock_level_is_named_when_short() returns trigger language plpgsql as $$
declare
  free int;
begin
  select on_hand - unavailable - reserved into free
    from stock_level where (sku, location_id) = (new.sku, new.location_id);
  if free < 0 and not exists (
    select from shortage
     where (sku, location_id) = (new.sku, new.location_id) and units = -free
  ) then
    raise exception 'level % at % is short by % and no shortage says so',
      new.sku, new.location_id, -free using errcode = 'check_violation';
  end if;
  return null;
end
$$;
create constraint trigger stock_level_short
  after insert or update on stock_level
  deferrable initially deferred
  for each row when (new.on_hand - new.unavailable - new.reserved < 0)
  execute function stock_level_is_named_when_short();

revoke update, delete on stock_movement, stock_counted, stock_count from ovunque_system;
