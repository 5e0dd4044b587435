-- A line that came to an order later, for units of another one that were not found.
alter table order_line add column instead_of uuid;

update order_line
   set instead_of = (told.body->>'line')::uuid
  from journal as told
 where told.kind = 'order.substituted' and told.order_id = order_line.order_id
   and (told.body->>'instead')::uuid = order_line.id;
