-- A run through a file. Its progress is written in the transaction that applies the rows, so that
-- a run which was cut off goes on behind them.
create table import_run (
  id             uuid primary key,
  kind           text not null check (length(kind) between 1 and 40),
  source         text not null default '',  -- whose books the counts of a stock file come from
  content_sha256 bytea not null check (length(content_sha256) = 32),
  state          text not null check (state in ('checking', 'applying', 'done', 'failed',
                                                    'held')),
  rows           bigint not null default 0 check (rows >= 0),
  bad            bigint not null default 0 check (bad >= 0),
  left_out       bytea not null default '',  -- which lines, as a fingerprint
  done           bigint not null default 0 check (done between 0 and rows),
  created        bigint not null default 0 check (created >= 0),
  changed        bigint not null default 0 check (changed >= 0),
  unchanged      bigint not null default 0 check (unchanged >= 0),
  reason         text,                       -- why it failed or is held
  actor          text not null,
  started_at     timestamptz not null,
  ended_at       timestamptz,
  check ((state in ('done', 'failed', 'held')) = (ended_at is not null)),
  check ((state in ('failed', 'held')) = (reason is not null))
);
create unique index import_run_open on import_run (kind, source, content_sha256)
  where state in ('checking', 'applying');
