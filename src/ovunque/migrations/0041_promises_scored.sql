-- What each promise was based on, and what became of it. A promise without a service was kept
-- before its basis was.
alter table promise
  add column service        text not null default '',
  add column confidence_ppm int check (confidence_ppm between 1 and 999999),
  add column basis          jsonb not null default '[]',  -- of each parcel: from where, by whom, why
  add column arrived_at     timestamptz,                  -- the last of its parcels
  add column outcome        text check (outcome in ('kept', 'early', 'late')),
  add column blame          text check (blame in ('store', 'carrier', 'system', 'customer')),
  add column scored_at      timestamptz,
  add check ((outcome is null) = (scored_at is null));
create index promise_unscored on promise (latest) where scored_at is null;
create index promise_scored on promise (scored_at) where scored_at is not null;
