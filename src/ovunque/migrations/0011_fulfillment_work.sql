-- A fulfillment proposed to a location, until a deadline; none: it was taken at once.
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
  check ((state = 'open') <= (accept_by is not null)),
  check ((closed_at is null) = (closed_by is null))
) with (fillfactor = 80);
create unique index offer_once on offer (fulfillment_id, location_id);
-- One owner, whatever races: the second lock on the door.
create unique index offer_owner on offer (fulfillment_id) where state = 'claimed';
create index offer_order on offer (order_id);
create index offer_due on offer (accept_by) where state = 'open';

-- What leaves: its contents are the fulfillment lines that name it.
create sequence parcel_serial;
create table parcel (
  id                 uuid primary key,
  fulfillment_id     uuid not null,
  order_id           uuid not null,
  location_id        uuid not null,
  carrier_service_id uuid not null,
  state              text not null
                     check (state in ('open', 'labeled', 'handed_over', 'in_transit',
                                      'out_for_delivery', 'available_for_pickup',
                                      'failed_attempt', 'exception', 'delivered',
                                      'returned_to_sender', 'lost', 'damaged', 'voided')),
  weight_g           int not null check (weight_g between 1 and 1000000),
  sscc               text not null unique check (sscc ~ '^[0-9]{18}$'),
  tracking           text collate "C",
  opened_at          timestamptz not null,
  changed_at         timestamptz not null,
  told_at            timestamptz,           -- the carrier's newest word
  manifest_id        uuid,
  check ((state = 'open') <= (tracking is null)),
  check ((state not in ('open', 'voided')) <= (tracking is not null))
) with (fillfactor = 80);
create index parcel_fulfillment on parcel (fulfillment_id);
create index parcel_order on parcel (order_id);
create index parcel_manifest on parcel (manifest_id) where manifest_id is not null;
create index parcel_waiting on parcel (location_id, id) where state = 'labeled';
create unique index parcel_tracking on parcel (tracking, carrier_service_id)
  where tracking is not null;

create table parcel_label (
  parcel_id  uuid primary key,
  media_type text not null,
  content    bytea not null check (length(content) between 1 and 1000000),
  bought_at  timestamptz not null
);

-- A carrier's visit to a location, and the parcels that went with it.
create table carrier_pickup (
  id          uuid primary key,
  location_id uuid not null,
  carrier     text collate "C" not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null check (ends_at > starts_at),
  booked_at   timestamptz not null,
  booked_by   text not null
);
create index carrier_pickup_location on carrier_pickup (location_id, starts_at);

create table manifest (
  id          uuid primary key,
  location_id uuid not null,
  carrier     text collate "C" not null,
  pickup_id   uuid,
  closed_at   timestamptz not null,
  closed_by   text not null
);
create index manifest_location on manifest (location_id, closed_at);

-- Append-only: what carriers told us, each once.
create table carrier_event (
  carrier     text collate "C" not null,
  id          text collate "C" not null check (length(id) between 1 and 100),
  parcel_id   uuid not null,
  kind        text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (carrier, id)
);
create index carrier_event_parcel on carrier_event (parcel_id, occurred_at);
revoke update, delete on carrier_event from ovunque_system;
