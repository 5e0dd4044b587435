-- What one of our orders writes, by a client that knows its trade: prepared statements, one for
-- each room, levels locked in key order, one transaction for each order.
\set one random(1, :items) - 1
\set two (:one + random(1, :items - 1)) % :items
\set low least(:one, :two) + :first
\set high greatest(:one, :two) + :first
\set draw random(1, 1000000000000000)
begin;
-- The ids that a client would draw by itself come with the first answer: no trip of their own.
select new_id() as order_id, new_id() as customer_id, new_id() as contact_id,
       new_id() as line_low, new_id() as line_high, new_id() as taken_low, new_id() as taken_high,
       new_id() as work_id, 'floor-' || nextval('floor_key')::text as buyer,
       (select count(*) from idempotency
         where (client_id, key) = (:client::uuid, lpad(:draw::text, 36, '0'))) as known \gset
select sku, location_id, on_hand, unavailable, reserved, version
  from stock_level
 where location_id = :location::uuid and sku in ('S' || :low::text, 'S' || :high::text)
 order by sku, location_id
   for update;
with claims as (
  insert into reservation (id, order_id, line_id, sku, location_id, quantity, state)
  values (:taken_low::uuid, :order_id::uuid, :line_low::uuid, 'S' || :low::text, :location::uuid,
          1, 'allocated'),
         (:taken_high::uuid, :order_id::uuid, :line_high::uuid, 'S' || :high::text,
          :location::uuid, 1, 'allocated')
)
update stock_level set reserved = reserved + 1, version = version + 1
 where location_id = :location::uuid and sku in ('S' || :low::text, 'S' || :high::text)
   and on_hand - unavailable - reserved >= 1
returning sku, location_id, on_hand, unavailable, reserved, version;
select key, customer_id from customer_key
 where key = 'email' || chr(58) || :buyer::text || '@example.com';
with taken as (
  insert into customer_key (key, customer_id)
  values ('email' || chr(58) || :buyer::text || '@example.com',
          :customer_id::uuid)
      on conflict do nothing
  returning key
), saved as (
  insert into customer (id, email, name, search, created_at)
  values (:customer_id::uuid,
          :buyer::text || '@example.com',
          :buyer::text,
          :buyer::text || '@example.com ' || :buyer::text, now())
)
select count(*) from taken;
insert into contact (id, sealed, postal_code, country)
values (:contact_id::uuid, decode(repeat('5a', 57), 'hex'), '20123', 'IT');
with placed as (
  insert into customer_order (id, number, channel_id, customer_id, currency, on_shortage,
                              placed_at)
  values (:order_id::uuid, 'OV-' || nextval('order_number_block')::text, :channel::uuid,
          :customer_id::uuid, 'EUR', 'refuse', now())
), deliveries as (
  insert into delivery (order_id, nth, service, contact_id)
  values (:order_id::uuid, 0, 'home', :contact_id::uuid)
), decisions as (
  insert into decision (order_id, nth, decided_at, body)
  values (:order_id::uuid, 1, now(), jsonb_build_object(
            'version', 1, 'passed_over', 0, 'deliveries', jsonb_build_array(jsonb_build_object(
              'of', repeat('d', 32), 'best', repeat('b', 456), 'unmet', 0, 'decided', 29931047,
              'parcels', '[[0, 0, 2, 6133, 620, 130]]'::jsonb, 'reasons', repeat('r', 28),
              'objective', 'economic'))))
)
insert into order_line (id, order_id, nth, delivery_nth, sku, ordered, unit_price, discount,
                        home_available, unplaced, backordered, canceled)
values (:line_low::uuid, :order_id::uuid, 0, 0, 'S' || :low::text, 1, 4990, 0, 20000, 0, 0, 0),
       (:line_high::uuid, :order_id::uuid, 1, 0, 'S' || :high::text, 1, 4990, 0, 20000, 0, 0, 0);
with work as (
  insert into fulfillment (id, order_id, delivery_nth, location_id, carrier_service_id, service,
                           state, planned_at, offer_at, changed_at, arrives_at, cost_cents,
                           emissions_g)
  values (:work_id::uuid, :order_id::uuid, 0, :location::uuid, :order_id::uuid, 'home', 'planned',
          now(), now(), now(), now(), 620, 130)
)
insert into fulfillment_line (fulfillment_id, line_id, reservation_id, sku, quantity)
values (:work_id::uuid, :line_low::uuid, :taken_low::uuid, 'S' || :low::text, 1),
       (:work_id::uuid, :line_high::uuid, :taken_high::uuid, 'S' || :high::text, 1);
with begun as (
  insert into timeline (order_id, last_seq) values (:order_id::uuid, 1)
)
insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
values ((select epoch from journal_epoch), now(), 'order.placed', 'bench', :order_id::uuid, 1,
        'OV-1', jsonb_build_object('channel_id', :channel::text, 'lines', 2, 'units', 2,
                                   'unplaced', 0, 'fulfillments', array[:work_id::text])),
       ((select epoch from journal_epoch), now(), 'stock.changed', 'intake', null, null,
        '2 levels', jsonb_build_object('levels', jsonb_build_array(
          jsonb_build_array('S' || :low::text, :location::text, 20000, 0, 1, 2),
          jsonb_build_array('S' || :high::text, :location::text, 20000, 0, 1, 2))));
select pg_notify('journal', '');
insert into idempotency (client_id, key, digest, at, status, body)
values (:client::uuid, lpad(:draw::text, 36, '0'), repeat('d', 64), now(), 201, repeat('b', 1700))
    on conflict do nothing;
commit;
