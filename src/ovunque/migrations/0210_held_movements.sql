-- Movements that wait for a person stand one by one, in the order in which they were told: those of
-- a file are one feed, however many they are.
alter table stock_feed_movement
  add column nth         int,
  add column sku         text collate "C",
  add column location_id uuid,
  add column kind        text,
  add column quantity    int,
  add column occurred_at timestamptz,
  add column sequence    bigint,
  add column reason      text,
  add column reference   text;

update stock_feed_movement as waiting
   set nth = told.nth - 1,
       sku = told.movement -> 'key' ->> 0,
       location_id = (told.movement -> 'key' ->> 1)::uuid,
       kind = told.movement ->> 'kind',
       quantity = (told.movement ->> 'quantity')::int,
       occurred_at = (told.movement ->> 'occurred_at')::timestamptz,
       sequence = (told.movement ->> 'sequence')::bigint,
       reason = told.movement ->> 'reason',
       reference = told.movement ->> 'reference'
  from stock_feed as feed
 cross join lateral jsonb_array_elements(feed.movements) with ordinality as told (movement, nth)
 where waiting.feed_id = feed.id and waiting.id = told.movement ->> 'id';

alter table stock_feed_movement
  alter column nth set not null,
  alter column sku set not null,
  alter column location_id set not null,
  alter column kind set not null,
  alter column quantity set not null,
  alter column occurred_at set not null;
create unique index stock_feed_movement_nth on stock_feed_movement (feed_id, nth);

-- How many of them are booked: all, once it is applied; fewer and fewer while it is taken back.
alter table stock_feed
  add column booked int not null default 0 check (booked between 0 and rows),
  drop column movements;
update stock_feed set booked = rows where kind = 'movements' and state = 'applied';
