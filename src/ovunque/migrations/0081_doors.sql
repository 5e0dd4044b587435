-- A second factor: a secret that an app on somebody's phone shares with us.
create table second_factor (
  person_id    uuid primary key references person,
  secret       bytea not null check (length(secret) = 20),
  confirmed_at timestamptz,                -- null: shown, and not tried yet
  last_step    bigint not null default 0   -- a code opens once
);
-- For who has lost it: each opens once.
create table recovery_code (
  person_id uuid not null references person,
  sha256    bytea not null check (length(sha256) = 32),
  primary key (person_id, sha256)
);
-- The one-time links of those who have no password yet.
create table invitation (
  sha256     bytea primary key check (length(sha256) = 32),
  person_id  uuid not null unique references person,
  expires_at timestamptz not null
);
-- A browser that belongs to a store: there its people enter by a PIN.
create table device (
  id          uuid primary key,
  sha256      bytea not null unique check (length(sha256) = 32),
  name        text not null check (length(name) between 1 and 100),
  location_id uuid not null references location,
  bound_by    text not null,
  bound_at    timestamptz not null,
  revoked_at  timestamptz
);
create index device_location on device (location_id);

alter table person add pin_hash text;

alter table session
  add id        uuid not null unique,
  add proven_at timestamptz not null,             -- when they last showed who they are
  add is_half   boolean not null default false,   -- the second factor is still missing
  add address   text not null default '' check (length(address) <= 64),
  add agent     text not null default '' check (length(agent) <= 200),
  add device_id uuid references device;
create index session_device on session (device_id) where device_id is not null;

alter table api_key
  add used_at   timestamptz,
  add addresses text[] not null default '{}';     -- networks it may come from; none: all
