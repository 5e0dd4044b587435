-- Goods between two of our locations. What has left one and not come to the other is under way.
create table transfer (
  id            uuid primary key,
  external_id   text collate "C" unique check (length(external_id) between 1 and 100),
  from_id       uuid not null,
  to_id         uuid not null check (to_id <> from_id),
  state         text not null
                check (state in ('planned', 'dispatched', 'received', 'canceled')),
  expected_at   timestamptz,
  planned_at    timestamptz not null,
  planned_by    text not null,
  dispatched_at timestamptz,
  closed_at     timestamptz,
  check ((state in ('dispatched', 'received')) = (dispatched_at is not null)),
  check ((state in ('received', 'canceled')) = (closed_at is not null))
) with (fillfactor = 80);
create index transfer_from on transfer (from_id, id);
create index transfer_to on transfer (to_id, id);
create index transfer_open on transfer (to_id, expected_at) where state = 'dispatched';

-- Units as they were planned, left, came, and are missing since the receipt was closed.
create table transfer_line (
  transfer_id uuid not null,
  sku         text collate "C" not null,
  planned     int not null check (planned between 0 and 1000000),
  dispatched  int not null default 0 check (dispatched between 0 and 1000000),
  received    int not null default 0 check (received between 0 and 1000000),
  missing     int not null default 0,  -- below zero: more came than had left
  primary key (transfer_id, sku)
) with (fillfactor = 80);
