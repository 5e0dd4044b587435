-- Orders replayed against strategies as they were when somebody asked; the worker sees to it.
create table simulation (
  id         uuid primary key,
  strategies jsonb not null,               -- documents: a draft may be another one meanwhile
  source     jsonb not null,               -- which orders
  state      text not null check (state in ('waiting', 'running', 'done', 'failed', 'canceled')),
  total      int not null default 0 check (total >= 0),
  done       int not null default 0 check (done between 0 and total),
  result     jsonb,                        -- the figures so far
  reason     text,                         -- why it failed
  attempts   int not null default 0,
  asked_by   text not null,
  asked_at   timestamptz not null,
  alive_at   timestamptz,                  -- when whoever runs it last said so
  ended_at   timestamptz,
  check ((state in ('done', 'failed', 'canceled')) = (ended_at is not null)),
  check ((state = 'failed') = (reason is not null)),
  check (state <> 'done' or (result is not null and done = total))
);
create index simulation_open on simulation (id) where state in ('waiting', 'running');

create table simulation_order (            -- that a strategy serves from elsewhere
  simulation_id uuid not null references simulation on delete cascade,
  nth           int not null check (nth > 0),
  reference     text not null,
  strategy      text collate "C" not null,
  before        text[] not null,
  after         text[] not null,
  cents         int not null,
  grams         int not null,
  minutes       int not null,
  primary key (simulation_id, nth)
);
revoke select on simulation, simulation_order from ovunque_store;
