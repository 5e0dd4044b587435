-- A strategy's draft; `edition` counts up with each change, so that nobody writes over another's.
create table strategy (
  code       text collate "C" primary key,
  edition    int not null default 1,
  draft      jsonb,
  drafted_by text,
  drafted_at timestamptz,
  check (num_nonnulls(draft, drafted_by, drafted_at) in (0, 3))
);

-- What was published: a document that never changes again. Of those begun the one that began last
-- counts; one that was withdrawn before it began never does.
create table strategy_version (
  code         text collate "C" not null references strategy,
  number       int not null check (number > 0),
  document     jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  starts_at    timestamptz not null,
  restores     int,  -- the version that it brought back
  withdrawn_at timestamptz,
  primary key (code, number),
  check (starts_at >= published_at)
);
