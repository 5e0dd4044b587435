-- What carriers charge beside their tables, how long a lane takes in chances, and how many parcels
-- a day they take; terms are drafted, and what was published before can be brought back.
alter table carrier_service
  add column surcharge_ppm int not null default 0  -- on every price: fuel and the like
             check (surcharge_ppm between 0 and 2000000);
alter table lane
  add column surcharge_cents int not null default 0  -- of each parcel: islands, mountains
             check (surcharge_cents between 0 and 10000000),
  -- Parts of a million by number of days, from 0 on; none: its days, and nothing else.
  add column transit_chances_ppm int[] not null default '{}'
             check (cardinality(transit_chances_ppm) <= 91);

-- Parcels that a service takes in a day: at a location, or all together where none is named.
create table volume_cap (
  carrier_service_id  uuid not null references carrier_service,
  location            text collate "C" not null default '',
  parcels_per_day_max int not null check (parcels_per_day_max between 1 and 10000000),
  primary key (carrier_service_id, location)
);

-- The terms of a service as somebody is writing them; nothing of it counts yet.
create table carrier_draft (
  carrier    text collate "C" not null,
  service    text collate "C" not null,
  terms      jsonb not null,
  version    int not null default 1,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (carrier, service)
);

-- Every time that terms took effect: what came, and what stood before.
create table carrier_publication (
  carrier      text collate "C" not null,
  service      text collate "C" not null,
  number       int not null check (number >= 1),
  terms        jsonb not null,
  before       jsonb not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (carrier, service, number)
);

-- Parcels that were packed, with where they went: what other terms would have meant for them.
create view parcel_way as
select parcel.id, placed.number as order_number, parcel.location_id, parcel.weight_g,
       case when work.service = 'express' then 'express' else 'home' end as promise,
       coalesce(contact.country, place.country) as country,
       coalesce(contact.postal_code, place.postal_code) as postal_code
  from parcel
  join fulfillment as work on work.id = parcel.fulfillment_id
  join customer_order as placed on placed.id = parcel.order_id
  join delivery on (delivery.order_id, delivery.nth) = (work.order_id, work.delivery_nth)
  left join contact on contact.id = delivery.contact_id
  left join location as place on place.id = work.collect_at
 where parcel.state <> 'voided'
   and coalesce(contact.country, place.country) is not null;
