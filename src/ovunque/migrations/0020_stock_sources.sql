-- A system that tells us of stock, and how its books are to be read.
create table stock_source (
  code               text collate "C" primary key check (length(code) between 1 and 64),
  kind               text not null default 'book' check (kind in ('book', 'physical')),
  reports            text not null default 'on_hand' check (reports in ('on_hand', 'available')),
  picked_inside      boolean not null default true,
  posting_delay_s    int not null default 0 check (posting_delay_s between 0 and 604800),
  clock_offset_ms    int check (clock_offset_ms between -86400000 and 86400000),
  clock_measured_ms  int,           -- what its own clock said ahead of ours, where it told
  clock_skew_s       int not null default 0 check (clock_skew_s between 0 and 3600),
  moved_percent_max  int not null default 30 check (moved_percent_max between 0 and 10000),
  zeroed_percent_max int not null default 20 check (zeroed_percent_max between 0 and 100),
  write_off_cents_max int not null default 50000
                      check (write_off_cents_max between 0 and 1000000000),
  last_sequence      bigint,        -- the highest number of a movement so far
  heard_at           timestamptz,
  counted_as_of      timestamptz,
  version            int not null default 1
) with (fillfactor = 70);

-- Movements whose numbers we have not seen: a full count is asked for until they come.
create table stock_gap (
  source   text collate "C" not null,
  first    bigint not null,
  last     bigint not null check (last >= first),
  found_at timestamptz not null,
  primary key (source, first)
);

-- Movements of others that a source says its counts contain, from a moment on.
create table stock_acknowledged (
  source          text collate "C" not null,
  movement_source text collate "C" not null,
  movement_id     text collate "C" not null,
  as_of           timestamptz not null,
  primary key (source, movement_source, movement_id)
);

-- How the source of a baseline was read: movements of others this long before it are not in it,
-- those that take away for the longer of both; and what we added to what it told.
alter table stock_level
  add column baseline_lag_s int not null default 0,
  add column baseline_skew_s int not null default 0,
  add column baseline_added int not null default 0;

alter table stock_movement drop constraint stock_movement_kind_check;
alter table stock_movement add constraint stock_movement_kind_check
  check (kind in ('received', 'sold_in_store', 'returned', 'adjusted', 'written_off', 'shipped',
                  'collected', 'dispatched', 'regraded'));
create index stock_movement_unrecorded on stock_movement (sku, location_id)
  where source = 'unrecorded';

-- The newest count of all that a location holds: an item that it does not name is not there.
create table stock_complete (
  location_id uuid primary key,
  source      text collate "C" not null,
  as_of       timestamptz not null,
  lag_s       int not null,
  skew_s      int not null
);

-- Somebody has to go and count.
create table stock_count_task (
  sku         text collate "C" not null,
  location_id uuid not null,
  opened_at   timestamptz not null,
  reason      text not null check (reason in ('short_pick', 'unrecorded', 'shortage', 'asked')),
  opened_by   text,                 -- none: it follows from what the stock came to
  closed_at   timestamptz,
  closed_by   text,
  outcome     text check (outcome in ('counted', 'dismissed')),
  primary key (sku, location_id, opened_at),
  check ((closed_at is null) = (outcome is null))
);
create unique index stock_count_task_open on stock_count_task (sku, location_id)
  where closed_at is null;
create index stock_count_task_location on stock_count_task (location_id, opened_at, sku);

-- What an account of a level shows: the movements that its number is made of.
create or replace view level_movement as
select moved.sku, moved.location_id, moved.kind, moved.quantity, moved.occurred_at, moved.source,
       moved.id, moved.reason
  from stock_movement as moved
  join stock_level as level using (sku, location_id)
 where moved.occurred_at > level.baseline_as_of - make_interval(
         secs => greatest(level.baseline_lag_s, level.baseline_skew_s))
   and (moved.occurred_at > level.baseline_as_of
        or (moved.source <> level.baseline_source
            and moved.occurred_at > level.baseline_as_of - make_interval(
                  secs => case when moved.quantity < 0
                               then greatest(level.baseline_lag_s, level.baseline_skew_s)
                               else level.baseline_lag_s end)))
   and not exists (
     select from stock_acknowledged as told
      where (told.source, told.movement_source, told.movement_id)
            = (level.baseline_source, moved.source, moved.id)
        and told.as_of <= level.baseline_as_of);
