-- Everybody wants the same item: look under the lock, decide, write, commit.
begin;
select on_hand - unavailable - reserved as free
  from bare_level where sku = 'HOT' and location_id = :location::uuid for update \gset
update bare_level set reserved = reserved + 1, version = version + 1
 where sku = 'HOT' and location_id = :location::uuid;
insert into bare_reservation (id, order_id, line_id, sku, location_id, quantity, state)
values (new_id(), new_id(), new_id(), 'HOT', :location::uuid, 1, 'allocated');
commit;
