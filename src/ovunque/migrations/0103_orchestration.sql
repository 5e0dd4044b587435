-- What an order manager watches: who says no, what is asked, and which orders wait for a person.
create view offer_answer as
select location_id, state, coalesce(reason, '') as reason, opened_at, accept_by, closed_at,
       order_id
  from offer;
create index offer_refused on offer (closed_at) where state in ('rejected', 'expired');

create view order_unassigned as
select placed.id as order_id, placed.number, placed.placed_at, sum(line.unplaced) as units,
       min(line.sku) as sku,
       (select count(distinct location_id) from offer
         where offer.order_id = placed.id and offer.state in ('rejected', 'expired')) as asked
  from order_line as line
  join customer_order as placed on placed.id = line.order_id
 where line.unplaced > 0
 group by placed.id;
revoke select on offer_answer, order_unassigned from ovunque_store;
