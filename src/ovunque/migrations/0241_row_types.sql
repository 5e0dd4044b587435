-- The forms in which the rows of an order travel to the database: see ovunque/platform/row_types.py.
create type level_key_row as (location_id uuid, sku text);
create type level_change_row as (location_id uuid, units int, sku text);
create type reservation_row as (
  id uuid, line_id uuid, location_id uuid, quantity int, sku text, order_id uuid, channel_id uuid,
  hold_id uuid, expires_at timestamptz
);
create type customer_key_row as (customer_id uuid, key text);
create type customer_row as (
  id uuid, name text, search text, external_id text, email text, phone text, language text
);
create type contact_row as (
  id uuid, postal_code text, country text, sealed bytea, name text, phone text
);
create type order_row as (
  id uuid, channel_id uuid, customer_id uuid, placed_at timestamptz, number text, currency text,
  on_shortage text, external_id text, words bytea
);
create type delivery_row as (
  order_id uuid, nth int, service text, contact_id uuid, location_id uuid
);
create type charge_row as (order_id uuid, nth int, amount bigint, kind text);
create type decision_row as (order_id uuid, nth int, decided_at timestamptz, body jsonb);
create type order_line_row as (
  id uuid, order_id uuid, nth int, delivery_nth int, ordered int, unplaced int, backordered int,
  canceled int, unit_price bigint, discount bigint, home_available int, sku text,
  tax_rate_ppm int, expected_on date, instead_of uuid
);
create type fulfillment_row as (
  id uuid, order_id uuid, location_id uuid, delivery_nth int, by_hand boolean,
  planned_at timestamptz, offer_at timestamptz, changed_at timestamptz, service text, state text,
  carrier_service_id uuid, resource_at timestamptz, arrives_at timestamptz, cost_cents int,
  emissions_g int, collect_at uuid
);
create type fulfillment_line_row as (
  fulfillment_id uuid, line_id uuid, reservation_id uuid, quantity int, picked int, sku text
);
create type fact_row as (
  at timestamptz, kind text, actor text, subject text, body jsonb, order_id uuid
);
create type answer_key_row as (client_id uuid, key text);
create type answer_row as (
  client_id uuid, status int, key text, digest text, body text, sealed bytea
);

-- A batch of thirty orders moves some sixty levels: as wide as a page it stays as it is. To press
-- it together took the server longer than to write it.
alter table journal set (toast_tuple_target = 8160);
-- The same of an answer, which is a little longer than what is pressed together elsewhere.
alter table idempotency set (toast_tuple_target = 8160);
