-- Counts that found what we had and are newer than the baselines of their levels. A full feed tells
-- mostly such: they are kept together, and written into levels when something older than them
-- comes, or when a day has passed without a newer one.
create table stock_confirmation (
  position     bigint generated always as identity primary key,
  source       text not null,
  recorded_at  timestamptz not null,
  lag_s        int not null,
  skew_s       int not null,
  span         sku_range not null,
  skus         text[] collate "C" not null,
  location_ids uuid[] not null,
  as_ofs       timestamptz[] not null,
  on_hands     int[] not null,
  check (cardinality(skus) > 0 and cardinality(location_ids) = cardinality(skus)
         and cardinality(as_ofs) = cardinality(skus) and cardinality(on_hands) = cardinality(skus))
);
create index stock_confirmation_span on stock_confirmation using gist (span);

-- The newest feed of a location whose counts may be kept so: who books something not newer than
-- `as_of` there looks into them first.
create table stock_confirmed (
  location_id uuid primary key,
  since       timestamptz not null,
  as_of       timestamptz not null check (as_of >= since),
  feed        uuid not null,
  is_disturbed boolean not null default false -- something older was booked since
);

create or replace view stock_count as
select told.sku, told.location_id, told.as_of, counted.source, told.on_hand, counted.recorded_at
  from (select source, recorded_at, skus, location_ids, as_ofs, on_hands from stock_counted
         union all
        select source, recorded_at, skus, location_ids, as_ofs, on_hands from stock_confirmation
       ) as counted
 cross join lateral unnest(counted.skus, counted.location_ids, counted.as_ofs, counted.on_hands)
       as told (sku, location_id, as_of, on_hand);

