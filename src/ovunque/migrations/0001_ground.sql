-- Roles: who owns the tables never serves a request, and who serves a request owns nothing.
do $$
begin
  if not exists (select from pg_roles where rolname = 'ovunque_system') then
    create role ovunque_system nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'ovunque_store') then
    create role ovunque_store nologin;
  end if;
  if not pg_has_role(current_user, 'ovunque_system', 'member') then
    execute format('grant ovunque_system, ovunque_store to %I', current_user);
  end if;
end
$$;
revoke create on schema public from public;
grant usage on schema public to ovunque_system, ovunque_store;
alter default privileges in schema public
  grant select, insert, update, delete on tables to ovunque_system;
alter default privileges in schema public grant usage, select on sequences to ovunque_system;
grant select on migration to ovunque_system;

-- The spine. A position alone is not commit order: readers follow the pair (writer, position).
create table journal (
  epoch     int not null,
  writer    xid8 not null default pg_current_xact_id(),
  position  bigint generated always as identity,
  at        timestamptz not null,
  kind      text not null,
  actor     text not null,
  order_id  uuid,
  order_seq int check (order_seq > 0),
  subject   text not null,
  body      jsonb not null,
  primary key (writer, position),
  check ((order_id is null) = (order_seq is null))
);
create unique index journal_order on journal (order_id, order_seq) where order_id is not null;

-- Append-only for everyone who serves requests.
revoke update, delete on journal from ovunque_system;

-- After a restore into another cluster transaction ids start afresh: the epoch leads every cursor.
create table journal_epoch (
  single boolean primary key default true check (single),
  epoch  int not null check (epoch > 0)
);
insert into journal_epoch (epoch) values (1);

create table journal_cursor (
  subscriber text primary key,
  epoch      int not null,
  writer     xid8 not null,
  position   bigint not null
);

-- One row for each order: its lock, and the last number of its story.
create table timeline (
  order_id uuid primary key,
  last_seq int not null check (last_seq > 0)
) with (fillfactor = 80);

create table job (
  key          text primary key,
  kind         text not null,
  body         jsonb not null,
  due_at       timestamptz not null,
  attempts     int not null default 0 check (attempts >= 0),
  leased_until timestamptz,
  state        text not null default 'waiting' check (state in ('waiting', 'parked')),
  reason       text,
  check ((state = 'parked') = (reason is not null))
) with (fillfactor = 70);
create index job_due on job (due_at, key) where state = 'waiting';

-- One answer for each key of a client, written in the transaction of its effect.
create table idempotency (
  client_id uuid not null,
  key       text collate "C" not null check (length(key) between 1 and 255),
  digest    text not null check (length(digest) = 64),
  at        timestamptz not null,
  status    int not null,
  body      text not null,
  primary key (client_id, key)
);
create index idempotency_at on idempotency using brin (at);
