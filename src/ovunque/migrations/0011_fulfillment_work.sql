-- A fulfillment proposed to a location, until a deadline; none: it is taken at once.
create table offer (
  id             uuid primary key,
  fulfillment_id uuid not null,
  order_id       uuid not null,
  location_id    uuid not null,
  state          text not null
                 check (state in ('open', 'claimed', 'rejected', 'expired', 'withdrawn')),
  opened_at      timestamptz not null,
  accept_by      timestamptz,
  closed_at      timestamptz,
  closed_by      text,
  reason         text,
  check ((state = 'open') = (closed_at is null)),
  check ((closed_at is null) = (closed_by is null))
) with (fillfactor = 80);
create unique index offer_once on offer (fulfillment_id, location_id);
-- One owner, whatever races: the second lock on the door.
create unique index offer_owner on offer (fulfillment_id) where state = 'claimed';
create index offer_order on offer (order_id);
create index offer_due on offer (accept_by) where state = 'open';
