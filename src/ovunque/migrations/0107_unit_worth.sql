-- What units are worth to the place where they lie: how many of them people who walk in buy a day,
-- until more comes, and what is earned by it.
create table unit_worth (
  sku          text collate "C" not null,
  location_id  uuid not null,
  price_cents  int not null check (price_cents >= 0),
  margin_cents int not null check (margin_cents between 0 and price_cents),
  rate_e6      bigint not null check (rate_e6 >= 0),  -- millionths of a unit a day
  days         int not null check (days between 1 and 90),  -- until more comes
  comes        text not null check (comes in ('announced', 'usual', 'assumed')),
  learned_at   timestamptz not null,
  primary key (sku, location_id)
);
