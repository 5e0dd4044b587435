create table carrier_service (
  id                  uuid primary key,
  carrier             text collate "C" not null,
  service             text collate "C" not null,
  name                text not null,
  promise             text not null check (promise in ('home', 'express')),
  cutoff              time not null,              -- local time of the location
  pickup_days         int[] not null              -- ISO weekdays, Monday is 1
                      check (cardinality(pickup_days) between 1 and 7
                             and pickup_days <@ array[1, 2, 3, 4, 5, 6, 7]),
  parcel_weight_max_g int not null check (parcel_weight_max_g between 1 and 10000000),
  countries           text[] not null default '{}',  -- where it picks up; none: everywhere
  line_haul           text not null                  -- the vehicle between depots
                      check (line_haul in ('van_diesel', 'van_electric', 'rigid_to_7t',
                                           'rigid_to_17t', 'rigid_over_17t', 'artic_over_33t',
                                           'rigid_over_17t_cold', 'artic_over_33t_cold', 'rail',
                                           'ferry', 'air_domestic', 'air_short', 'air_long')),
  sorts               int not null check (sorts between 0 and 9),  -- hubs that handle a parcel
  last_mile           text not null                  -- the vehicle that comes to the door
                      check (last_mile in ('van_diesel', 'van_electric', 'rigid_to_7t',
                                           'rigid_to_17t')),
  stop_m              int check (stop_m between 0 and 100000),  -- its way per stop; none: assumed
  version             int not null default 1,
  unique (carrier, service)
);

create table zone (
  id      uuid primary key,
  code    text collate "C" not null unique,
  version int not null default 1
);

-- Postal codes by their first characters, bounds included; no bounds: the whole country.
-- Bounds are in capitals without blanks and dashes.
create table zone_area (
  zone_id     uuid not null references zone,
  country     text not null check (country ~ '^[A-Z]{2}$'),
  postal_from text collate "C" not null default '',
  postal_to   text collate "C" not null default '',
  primary key (zone_id, country, postal_from, postal_to),
  check ((postal_from = '') = (postal_to = ''))
);

create table lane (
  id                 uuid primary key,
  carrier_service_id uuid not null references carrier_service,
  from_zone_id       uuid not null references zone,
  to_zone_id         uuid not null references zone,
  transit_days       int not null check (transit_days between 0 and 90),
  version            int not null default 1,
  unique (carrier_service_id, from_zone_id, to_zone_id)
);

create table lane_rate (
  lane_id      uuid not null references lane,
  weight_max_g int not null check (weight_max_g between 1 and 10000000),
  price_cents  int not null check (price_cents between 0 and 10000000),
  primary key (lane_id, weight_max_g)
);
