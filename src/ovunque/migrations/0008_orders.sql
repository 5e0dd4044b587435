create sequence order_number_block increment by 100 start with 10000;

create table customer_order (
  id          uuid primary key,
  number      text collate "C" not null unique,
  external_id text collate "C",
  channel_id  uuid not null,
  customer_id uuid not null,
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  on_shortage text not null check (on_shortage in ('refuse', 'partial', 'backorder', 'accept')),
  placed_at   timestamptz not null,
  gift        text,
  notes       text
);
create unique index customer_order_external on customer_order (channel_id, external_id)
  where external_id is not null;

-- One way and place of getting goods.
create table delivery (
  order_id    uuid not null,
  nth         int not null check (nth between 0 and 499),
  service     text not null check (service in ('home', 'express', 'collect')),
  contact_id  uuid,
  location_id uuid,
  primary key (order_id, nth),
  check ((service = 'collect') = (location_id is not null))
);

-- ordered = unplaced + backordered + canceled + what is at work, which is the sum of its
-- fulfillment lines and stands nowhere else.
create table order_line (
  id             uuid primary key,
  order_id       uuid not null,
  nth            int not null check (nth between 0 and 499),
  delivery_nth   int not null,
  sku            text collate "C" not null,
  ordered        int not null check (ordered between 1 and 10000),
  unit_price     bigint not null check (unit_price between 0 and 100000000000),
  discount       bigint not null check (discount between 0 and 100000000000),
  tax_rate_ppm   int check (tax_rate_ppm between 0 and 1000000),
  home_available int not null,     -- what the home pool alone could have promised at that moment
  unplaced       int not null check (unplaced >= 0),
  backordered    int not null check (backordered >= 0),
  canceled       int not null check (canceled >= 0),
  check (unplaced + backordered + canceled <= ordered)
) with (fillfactor = 80);
create index order_line_order on order_line (order_id, nth);
create index order_line_unserved on order_line (order_id) where unplaced + backordered > 0;
create index order_line_canceled on order_line (order_id) where canceled > 0;

create table order_charge (
  order_id uuid not null,
  nth      int not null check (nth between 0 and 99),
  kind     text not null,
  amount   bigint not null check (amount between -100000000000 and 100000000000),
  primary key (order_id, nth)
);

create table decision (
  order_id   uuid not null,
  nth        int not null check (nth > 0),
  decided_at timestamptz not null,
  body       jsonb not null,
  primary key (order_id, nth)
);
