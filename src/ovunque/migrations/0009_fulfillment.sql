create table fulfillment (
  id                 uuid primary key,
  order_id           uuid not null,
  delivery_nth       int not null,
  location_id        uuid not null,
  carrier_service_id uuid,
  service            text not null check (service in ('home', 'express', 'collect')),
  state              text not null check (state in ('planned', 'canceled')),
  planned_at         timestamptz not null
) with (fillfactor = 80);
create index fulfillment_order on fulfillment (order_id);
create index fulfillment_location on fulfillment (location_id, state, id);

create table fulfillment_line (
  fulfillment_id uuid not null,
  line_id        uuid not null,
  reservation_id uuid not null,
  sku            text collate "C" not null,
  quantity       int not null check (quantity between 1 and 10000),
  primary key (fulfillment_id, line_id, sku)
);
