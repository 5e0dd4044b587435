-- Programs that are told what happens. Secrets sign what we send, so they are kept as they are.
create table webhook (
  id            uuid primary key,
  url           text not null check (length(url) between 8 and 500),
  name          text not null,
  types         text[] not null check (cardinality(types) > 0),
  channels      text[] not null,     -- codes; none: all
  state         text not null check (state in ('enabled', 'disabled')),
  reason        text,                -- why it was disabled
  secret        text not null,
  secret_before text,                -- signs, too, until then: receivers change over meanwhile
  secret_until  timestamptz,
  failures      int not null default 0 check (failures >= 0),  -- in a row
  failing_since timestamptz,
  paused_until  timestamptz,         -- the circuit: nothing is sent before
  leased_until  timestamptz,         -- one worker at a time
  created_at    timestamptz not null,
  version       int not null default 1,
  check ((secret_before is null) = (secret_until is null)),
  check ((failures = 0) = (failing_since is null))
);

-- One message to one webhook. What it says of orders is read when it is sent: no contact data here.
create table webhook_message (
  id           uuid primary key,
  webhook_id   uuid not null references webhook on delete cascade,
  type         text not null,
  subject      text not null,        -- what it is about: a public id, or channel and sku
  at           timestamptz not null, -- when it happened
  data         jsonb,                -- what it says, where that is about stock alone
  state        text not null check (state in ('waiting', 'delivered', 'failed')),
  fresh        boolean not null,     -- never tried: what happens to its subject joins it
  attempts     int not null default 0 check (attempts >= 0),
  due_at       timestamptz not null,
  tried_at     timestamptz,
  status       int,                  -- of the last answer
  error        text
) with (fillfactor = 70);
create index webhook_message_due on webhook_message (webhook_id, due_at, id)
  where state = 'waiting';
create index webhook_message_list on webhook_message (webhook_id, id);
create unique index webhook_message_fresh on webhook_message (webhook_id, type, subject)
  where fresh and data is not null;

-- What webhooks were last told that a channel may sell of an item.
create table stock_told (
  channel   text collate "C" not null,
  sku       text collate "C" not null,
  available int not null,
  primary key (channel, sku)
);

-- How few are few: of an item on a channel, of an item, on a channel, or anywhere ('').
create table low_stock (
  channel text collate "C" not null default '',
  sku     text collate "C" not null default '',
  units   int not null check (units between 0 and 1000000),
  primary key (channel, sku)
);
