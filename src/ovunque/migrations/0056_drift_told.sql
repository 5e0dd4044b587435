-- Since when a service's promises are kept otherwise than they say: told once, until they are not.
create table promise_drift (
  service    text primary key,
  drifted_at timestamptz not null
);
