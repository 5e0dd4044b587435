-- A cart of two items is kept and given back, with nothing but the rows that say so.
\set first_item :first + random(0, :items / 2 - 1)
\set second_item :first + :items / 2 + random(0, :items / 2 - 1)
select new_id() as hold \gset
begin;
select sku, on_hand - unavailable - reserved as free from bare_level
 where sku in ('S' || :first_item::text, 'S' || :second_item::text) and location_id = :location::uuid
 order by sku for update;
update bare_level set reserved = reserved + 1, version = version + 1
 where sku in ('S' || :first_item::text, 'S' || :second_item::text) and location_id = :location::uuid;
insert into bare_hold (id, channel_id, client_id, reference, created_at, expires_at, lines)
values (:hold::uuid, :channel::uuid, :client::uuid, :hold::text, now(), now() + interval '15 minutes', '[]');
insert into bare_reservation (id, line_id, sku, location_id, quantity, state, expires_at, hold_id)
values (new_id(), :hold::uuid, 'S' || :first_item::text, :location::uuid, 1, 'held',
        now() + interval '15 minutes', :hold::uuid),
       (new_id(), :hold::uuid, 'S' || :second_item::text, :location::uuid, 1, 'held',
        now() + interval '15 minutes', :hold::uuid);
commit;
begin;
select sku from bare_level
 where sku in ('S' || :first_item::text, 'S' || :second_item::text) and location_id = :location::uuid
 order by sku for update;
update bare_reservation set state = 'released' where hold_id = :hold::uuid and state = 'held';
update bare_level set reserved = reserved - 1, version = version + 1
 where sku in ('S' || :first_item::text, 'S' || :second_item::text) and location_id = :location::uuid;
update bare_hold set ended = 'released', ended_at = now() where id = :hold::uuid;
commit;
