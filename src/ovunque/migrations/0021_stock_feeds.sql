-- What a source told that waits for a person, until it is decided and done.
create table stock_feed (
  id          uuid primary key,
  source      text collate "C" not null,
  kind        text not null check (kind in ('counts', 'movements')),
  why         text not null check (why in ('suspicious', 'write_off')),
  state       text not null check (state in ('held', 'accepted', 'applied', 'rejected')),
  digest      bytea not null check (length(digest) = 32),
  rows        bigint not null check (rows > 0),
  changed     bigint not null default 0,
  found       jsonb not null,        -- what made us hold it
  movements   jsonb,
  received_at timestamptz not null,
  received_by text not null,
  client_id   uuid not null,         -- who sent it does not decide about it
  decided_at  timestamptz,
  decided_by  text,
  ended_at    timestamptz,
  check ((state = 'held') = (decided_at is null)),
  check ((state in ('applied', 'rejected')) = (ended_at is not null))
);
create unique index stock_feed_open on stock_feed (source, digest) where ended_at is null;
create index stock_feed_state on stock_feed (state, id);

-- The counts of a held feed; applied ones are gone from here.
create table stock_feed_count (
  feed_id     uuid not null,
  sku         text collate "C" not null,
  location_id uuid not null,
  on_hand     int not null,
  as_of       timestamptz not null,
  primary key (feed_id, sku, location_id)
);

-- Locations that a held feed counted whole.
create table stock_feed_complete (
  feed_id     uuid not null,
  location_id uuid not null,
  as_of       timestamptz not null,
  primary key (feed_id, location_id)
);

-- Movements that wait for a person: told again they are known.
create table stock_feed_movement (
  source  text collate "C" not null,
  id      text collate "C" not null,
  feed_id uuid not null,
  primary key (source, id)
);
