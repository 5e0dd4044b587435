-- The least that reserves two items exactly: one statement, levels taken in key order.
\set one random(1, :items) - 1
\set two (:one + random(1, :items - 1)) % :items
\set low least(:one, :two) + :first
\set high greatest(:one, :two) + :first
with one as (
  update bare_level set reserved = reserved + 1, version = version + 1
   where sku = 'S' || :low::text and location_id = :location::uuid
     and on_hand - unavailable - reserved >= 1
  returning sku, location_id
), two as (
  update bare_level set reserved = reserved + 1, version = version + 1
   where sku = 'S' || :high::text and location_id = :location::uuid
     and on_hand - unavailable - reserved >= 1
     and exists (select from one)
  returning sku, location_id
)
insert into bare_reservation (id, order_id, line_id, sku, location_id, quantity, state)
select new_id(), new_id(), new_id(), sku, location_id, 1, 'allocated'
  from (select * from one union all select * from two) as taken;
