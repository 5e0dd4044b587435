create table api_client (
  id   uuid primary key,
  name text not null unique check (length(name) between 1 and 100)
);

create table api_key (
  id         uuid primary key,
  client_id  uuid not null references api_client,
  sha256     bytea not null unique check (length(sha256) = 32),
  hint       text not null,          -- the last characters, so that a person can tell keys apart
  scopes     text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_key_client on api_key (client_id);

-- One row that a readiness check writes: a server that only reads is not ready.
create table heartbeat (
  single boolean primary key default true check (single),
  at     timestamptz not null
) with (fillfactor = 50);
insert into heartbeat (at) values ('-infinity');
