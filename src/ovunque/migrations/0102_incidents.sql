-- A strike, a flood, a closed lane: nothing it is about is promised or done until it is over.
create table incident (
  id            uuid primary key,
  location      text collate "C",      -- by code, as all that says what it is about
  carrier       text collate "C",
  service       text collate "C",      -- of that carrier
  country       text collate "C",      -- to which parcels go
  postal_prefix text collate "C",
  reason        text not null,
  starts_at     timestamptz not null,
  ends_at       timestamptz,           -- none: when somebody says so
  opened_at     timestamptz not null,
  opened_by     text not null,
  closed_at     timestamptz,
  closed_by     text,
  check (coalesce(location, carrier, country) is not null),
  check (ends_at > starts_at),
  check ((service is not null) <= (carrier is not null)),
  check ((postal_prefix is not null) <= (country is not null)),
  check ((closed_at is null) = (closed_by is null))
);
create index incident_standing on incident (starts_at) where closed_at is null;

-- Items that a location is not asked for, until then: it did not have them, or had no time.
create table location_exclusion (
  location_id uuid not null,
  sku         text collate "C" not null,
  until       timestamptz not null,
  reason      text not null,
  since       timestamptz not null,
  primary key (location_id, sku)
);

alter table fulfillment
  add column taken_by text,      -- 'incident': its location may serve the order again
  add column by_hand boolean not null default false;  -- a person chose the location

-- Work that nothing has left of yet, beside each incident that it falls under.
create view incident_work as
select incident.id as incident_id, incident.starts_at, incident.ends_at, incident.closed_at,
       work.id as fulfillment_id, work.order_id, work.state, work.changed_at
  from incident
  join fulfillment as work
    on work.replaced_at is null
   and (work.state in ('planned', 'offered')
        or (work.state in ('accepted', 'picking')
            and incident.carrier is null and incident.country is null))
  join location as place on place.id = work.location_id
  left join carrier_service as by_whom on by_whom.id = work.carrier_service_id
  join delivery on delivery.order_id = work.order_id and delivery.nth = work.delivery_nth
  left join contact on contact.id = delivery.contact_id
 where incident.closed_at is null
   and (incident.location is null or incident.location = place.code)
   and (incident.carrier is null or incident.carrier = by_whom.carrier)
   and (incident.service is null or incident.service = by_whom.service)
   and (incident.country is null
        or (by_whom.id is not null
            and (contact.country = incident.country
                 and starts_with(upper(replace(coalesce(contact.postal_code, ''), ' ', '')),
                                 upper(coalesce(incident.postal_prefix, ''))))));
revoke select on incident, location_exclusion, incident_work from ovunque_store;
