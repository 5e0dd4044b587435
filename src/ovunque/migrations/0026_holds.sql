-- Units kept for a cart, for some minutes. It stands until it is ended or its time is over,
-- whether anybody has swept it by then or not.
create table hold (
  id         uuid primary key,
  channel_id uuid not null,
  client_id  uuid not null,
  reference  text collate "C" not null,  -- whose it is, in the client's words; may be empty
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended      text check (ended in ('released', 'converted')),
  ended_at   timestamptz,
  order_id   uuid,
  lines      jsonb not null,             -- [sku, quantity], as they were asked for
  check ((ended is null) = (ended_at is null)),
  check ((order_id is not null) <= (ended = 'converted'))
);
create index hold_open on hold (client_id, reference, expires_at) where ended is null;

-- Whoever counts the holds of somebody holds this row: two processes never count at once.
create table hold_owner (
  client_id uuid not null,
  reference text collate "C" not null,
  primary key (client_id, reference)
);

alter table reservation add column hold_id uuid;
create index reservation_hold on reservation (hold_id) where hold_id is not null;
