-- What people look for: any fragment of whatever they have of an order.
create index customer_order_customer on customer_order (customer_id);
create index order_line_sku on order_line (sku, order_id);
create index delivery_contact on delivery (contact_id) where contact_id is not null;

create view order_fragment as
select id as order_id,
       lower(number || chr(10) || coalesce(external_id, '')) as search
  from customer_order
union all
select placed.id, customer.search
  from customer join customer_order as placed on placed.customer_id = customer.id
union all
select delivery.order_id,
       lower(coalesce(contact.name, '') || chr(10) || coalesce(contact.phone, '') || chr(10)
             || regexp_replace(coalesce(contact.phone, ''), '\D', '', 'g'))
  from contact join delivery on delivery.contact_id = contact.id
union all
select order_line.order_id, item.search
  from item join order_line on order_line.sku = item.sku
union all
select order_id, lower(sscc || chr(10) || coalesce(tracking, '')) from parcel;

-- An order in one line of a list, with the name that people know it by.
create view order_line_of_list as
select placed.id as order_id, placed.number, placed.channel_id, customer.name as customer_name,
       customer.email as customer_email
  from customer_order as placed
  left join customer on customer.id = placed.customer_id;

-- Orders that still want something done: found at once, however many are finished.
create view order_unfinished as
select order_id from fulfillment
 where replaced_at is null
   and state in ('planned', 'offered', 'rejected', 'withdrawn',
                 'accepted', 'picking', 'picked', 'packed', 'ready')
union all
select order_id from order_line where unplaced + backordered > 0;

create view order_unserved as
select order_id, unplaced, backordered from order_line where unplaced + backordered > 0;

create view order_location as
select order_id, location_id from fulfillment where replaced_at is null and state <> 'canceled';

create view location_work as
select location_id, id as fulfillment_id from fulfillment
 where replaced_at is null and state in ('offered', 'accepted', 'picking', 'picked', 'packed', 'ready');

-- Three letters find their rows by an index where the server has trigrams; without, they are read.
do $$
begin
  create extension if not exists pg_trgm;
  create index customer_order_fragment on customer_order using gin
    (lower(number || chr(10) || coalesce(external_id, '')) gin_trgm_ops);
  create index customer_fragment on customer using gin (search gin_trgm_ops);
  create index contact_fragment on contact using gin
    (lower(coalesce(name, '') || chr(10) || coalesce(phone, '') || chr(10)
           || regexp_replace(coalesce(phone, ''), '\D', '', 'g')) gin_trgm_ops);
  create index item_fragment on item using gin (search gin_trgm_ops);
  create index parcel_fragment on parcel using gin
    (lower(sscc || chr(10) || coalesce(tracking, '')) gin_trgm_ops);
exception
  when insufficient_privilege or undefined_file or feature_not_supported then
    raise notice 'no pg_trgm here: fragments are found by reading all rows';
end
$$;

-- Why a level says what it says: what was counted, what moved since, what is set aside, who waits.
create view level_account as
select sku, location_id, on_hand, unavailable, reserved, baseline, baseline_as_of,
       baseline_source
  from stock_level;

create view level_movement as
select moved.sku, moved.location_id, moved.kind, moved.quantity, moved.occurred_at, moved.source,
       moved.id, moved.reason
  from stock_movement as moved
  join stock_level as level using (sku, location_id)
 where moved.occurred_at > level.baseline_as_of;

create view level_aside as
select sku, location_id, reason, quantity from stock_unavailable;

create view level_claim as
select reservation.sku, reservation.location_id, reservation.id, reservation.quantity,
       reservation.expires_at, placed.number as order_number, placed.placed_at
  from reservation
  left join customer_order as placed on placed.id = reservation.order_id
 where reservation.state in ('held', 'allocated');

-- What a location has to do, with the number that people call it by.
create view location_task as
select work.id, work.location_id, work.order_id, placed.number as order_number, work.service,
       work.state, work.planned_at, work.changed_at, work.carrier_service_id, offer.accept_by
  from fulfillment as work
  join customer_order as placed on placed.id = work.order_id
  left join offer on offer.fulfillment_id = work.id and offer.location_id = work.location_id
   and offer.state = 'open'
 where work.replaced_at is null
   and work.state in ('offered', 'accepted', 'picking', 'picked', 'packed', 'ready');

create view location_task_line as
select fulfillment_id, sku, sum(quantity)::int as quantity, sum(picked)::int as picked
  from fulfillment_line group by fulfillment_id, sku;

create view location_parcel as
select id, location_id, fulfillment_id, sscc, tracking, state from parcel;
