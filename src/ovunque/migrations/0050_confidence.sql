-- What the owner of the goods takes for each unit that leaves from a location, beyond picking it.
alter table location
  add column unit_cents int not null default 0 check (unit_cents between 0 and 10000000);

-- How sure a channel must be that a unit is really where the books say: doubtful places give none.
alter table channel
  add column confidence_percent_min int not null default 0
             check (confidence_percent_min between 0 and 100);

-- Units that were looked for at a location in the last months, and those of them that were missing.
create table location_evidence (
  location_id   uuid primary key references location,
  asked_units   bigint not null check (asked_units > 0),
  missing_units bigint not null check (missing_units between 0 and asked_units)
);

-- Units of an order that nobody found where they should lie.
create table fulfillment_missing (
  fulfillment_id uuid not null,
  reservation_id uuid not null,
  location_id    uuid not null,
  sku            text collate "C" not null,
  quantity       int not null check (quantity > 0),
  found_at       timestamptz not null,
  primary key (fulfillment_id, reservation_id)
);
create index fulfillment_missing_when on fulfillment_missing (found_at);
