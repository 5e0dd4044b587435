-- What seals the tokens of promises; the newest seals, the others still open.
create table promise_key (
  nth        int primary key check (nth > 0),
  secret     bytea not null check (length(secret) = 32),
  created_at timestamptz not null
);

-- What customers pay for a service; a channel of its own, or none for all channels. From some
-- worth of goods it is free.
create table delivery_price (
  channel         text collate "C" not null default '',
  service         text not null check (service in ('home', 'express', 'collect')),
  price_cents     int not null check (price_cents between 0 and 10000000),
  free_from_cents bigint check (free_from_cents >= 0),
  primary key (channel, service)
);
insert into delivery_price (service, price_cents, free_from_cents)
values ('home', 490, 6900), ('express', 990, null), ('collect', 0, null);

-- What a delivery of an order was promised, kept to be held against what becomes of it.
create table promise (
  order_id       uuid not null,
  delivery_nth   int not null,
  earliest       timestamptz not null,
  latest         timestamptz not null,
  customer_price bigint not null check (customer_price >= 0),
  emissions_g    int not null check (emissions_g >= 0),
  deviation      text check (deviation in ('moved', 'late')),  -- of the plan it was placed with
  primary key (order_id, delivery_nth)
);
