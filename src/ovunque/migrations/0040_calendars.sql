-- When people work at a location: pairs of minutes since local midnight, opening and closing. A
-- location without a row works round the clock.
create table opening_hours (
  location_id uuid primary key references location,
  monday      int[] not null,
  tuesday     int[] not null,
  wednesday   int[] not null,
  thursday    int[] not null,
  friday      int[] not null,
  saturday    int[] not null,
  sunday      int[] not null,
  version     int not null default 1
);

-- A day unlike its weekday: with other hours, or with none.
create table closure (
  location_id uuid not null references location,
  day         date not null,
  hours       int[] not null,
  name        text,
  version     int not null default 1,
  primary key (location_id, day)
);

-- On which weekdays a carrier delivers; none: Monday to Friday, and on its days of pickup.
alter table carrier_service
  add column delivery_days int[] not null default '{}'
             check (delivery_days <@ array[1, 2, 3, 4, 5, 6, 7]);

-- How many days things take, learned: parts of a million by number of days, from 0 on. Handling
-- counts pickups missed; transit counts days on which the carrier works.
create table handling_days (
  location_id uuid primary key references location,
  weight       int not null check (weight >= 0),  -- parcels it was learned from
  chances_ppm int[] not null check (cardinality(chances_ppm) between 1 and 100)
);
create table transit_days (
  carrier_service_id uuid not null references carrier_service,
  level              text not null check (level in ('lane', 'zones', 'countries')),
  origin             text collate "C" not null,
  destination        text collate "C" not null,
  weight             int not null check (weight >= 0),
  chances_ppm        int[] not null check (cardinality(chances_ppm) between 1 and 100),
  primary key (carrier_service_id, level, origin, destination)
);

-- How often a promise may be broken, by service, moved by what became of the promises before.
create table promise_level (
  service    text primary key,
  late_ppm   int not null check (late_ppm between 4000 and 500000),
  updated_at timestamptz not null
);
