-- What an accepted feed found, level by level, so that a person can undo it; `told` is the baseline
-- that it made. A row without one was not changed, and goes before its transaction ends.
create table stock_feed_before (
  feed_id         uuid not null,
  sku             text collate "C" not null,
  location_id     uuid not null,
  baseline        int not null,
  baseline_added  int not null,
  baseline_as_of  timestamptz not null,
  baseline_source text not null,
  baseline_lag_s  int not null,
  baseline_skew_s int not null,
  told            int,
  told_as_of      timestamptz,
  outcome         text check (outcome in ('undone', 'left')),
  primary key (feed_id, sku, location_id)
);

-- And which whole count of a location it was the next of: none, if there was none.
alter table stock_feed_complete
  add column is_begun      boolean not null default false,
  add column before_source text,
  add column before_as_of  timestamptz,
  add column before_lag_s  int,
  add column before_skew_s int;

alter table stock_feed
  add column undone_at timestamptz,
  add column undone_by text,
  drop constraint stock_feed_state_check,
  drop constraint stock_feed_check1,
  add constraint stock_feed_state_check check (state in ('held', 'accepted', 'applied', 'rejected',
                                                         'undoing', 'undone')),
  add constraint stock_feed_ended check ((state in ('held', 'accepted')) = (ended_at is null)),
  add constraint stock_feed_undone check ((state in ('undoing', 'undone')) = (undone_at is not null));
create index stock_feed_ended_at on stock_feed (ended_at) where ended_at is not null;
