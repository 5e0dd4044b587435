create table legal_entity (
  id      uuid primary key,
  code    text collate "C" not null unique,
  name    text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  vat_id  text,
  version int not null default 1
);

create table location (
  id               uuid primary key,
  code             text collate "C" not null unique,
  name             text not null,
  kind             text not null
                   check (kind in ('warehouse', 'store', 'distributor', 'reseller', 'pickup_point')),
  legal_entity_id  uuid not null references legal_entity,
  street           text not null,
  postal_code      text not null,
  city             text not null,
  region           text,
  country          text not null check (country ~ '^[A-Z]{2}$'),
  latitude_e6      int not null check (latitude_e6 between -90000000 and 90000000),
  longitude_e6     int not null check (longitude_e6 between -180000000 and 180000000),
  time_zone        text not null,
  state            text not null check (state in ('planned', 'open', 'paused', 'closing', 'closed')),
  capabilities     text[] not null,
  capacity_per_day int not null check (capacity_per_day between 0 and 1000000),
  handling_minutes int not null check (handling_minutes between 0 and 100000),
  handling_cents   int not null check (handling_cents between 0 and 10000000),
  pick_cents       int not null check (pick_cents between 0 and 10000000),
  version          int not null default 1
);

create table location_group (
  id      uuid primary key,
  code    text collate "C" not null unique,
  name    text not null,
  version int not null default 1
);

create table location_group_member (
  group_id    uuid not null references location_group,
  location_id uuid not null references location,
  primary key (group_id, location_id)
);
create index location_group_member_location on location_group_member (location_id);

create table channel (
  id              uuid primary key,
  code            text collate "C" not null unique,
  name            text not null,
  kind            text not null check (kind in ('web', 'till', 'tablet', 'wholesale', 'marketplace')),
  legal_entity_id uuid not null references legal_entity,
  countries       text[] not null check (cardinality(countries) > 0),
  currency        text not null check (currency ~ '^[A-Z]{3}$'),
  languages       text[] not null check (cardinality(languages) > 0),
  pool_id         uuid not null references location_group,  -- whose stock it may sell
  home_pool_id    uuid not null references location_group,  -- whose stock it sold before Ovunque
  listing         text[] not null default '{}',             -- categories; none: every item
  objective       text not null default 'economic'          -- of the plans of its orders
                  check (objective in ('economic', 'fastest', 'lowest_emissions')),
  version         int not null default 1
);
