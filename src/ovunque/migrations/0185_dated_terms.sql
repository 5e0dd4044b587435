-- From when until when a carrier works for us, and prices that count on some days only.
alter table carrier_service
  add column valid_from  date,  -- the first day on which it takes parcels; none: it does already
  add column valid_until date,  -- the last one
  add constraint carrier_service_valid check (valid_until >= valid_from);

-- Of a lane, for parcels that leave on these days; on all others its usual prices count.
create table lane_tariff (
  lane_id         uuid not null references lane on delete cascade,
  valid_from      date not null,
  valid_until     date,          -- the last day; none: until the next one begins
  surcharge_cents int not null default 0 check (surcharge_cents between 0 and 10000000),
  rates           jsonb not null check (jsonb_typeof(rates) = 'array'),  -- [[grams, cents], …]
  primary key (lane_id, valid_from),
  check (valid_until >= valid_from)
);
