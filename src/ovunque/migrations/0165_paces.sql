-- How many units each program moves, by the hour: what is usual is learned from it.
create table client_pace (  -- Written with every feed: nothing else is locked for it.
  client_id uuid not null,
  hour      timestamptz not null,
  units     bigint not null check (units >= 0),
  primary key (client_id, hour)
) with (fillfactor = 70);

-- Programs that suddenly moved too much: their keys write nothing until a person has looked.
create table client_hold (
  client_id uuid primary key references api_client,
  units     bigint not null,
  units_max bigint not null,
  held_at   timestamptz not null
);
revoke select on client_pace, client_hold from ovunque_store;
