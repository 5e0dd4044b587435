-- What an accepted feed settled beside levels: units that it ended being set aside, tasks that it
-- raised or ended. Taken back, it has settled nothing.
create table stock_feed_aside (
  feed_id     uuid not null,
  sku         text collate "C" not null,
  location_id uuid not null,
  reason      text not null,
  quantity    int not null check (quantity > 0),
  since       timestamptz not null,
  settled_at  timestamptz not null,
  primary key (feed_id, sku, location_id, reason)
);
create table stock_feed_task (
  feed_id     uuid not null,
  sku         text collate "C" not null,
  location_id uuid not null,
  opened_at   timestamptz not null,  -- of the task
  is_raised   boolean not null,      -- else it was ended
  settled_at  timestamptz not null,
  primary key (feed_id, sku, location_id, opened_at)
);
