-- Of goods that are fetched at a store each parcel has arrived when somebody there has scanned it,
-- whatever its carrier says. What was received before is known of whole fulfillments only.
alter table parcel add column received_at timestamptz;

update parcel set received_at = work.arrived_at
  from fulfillment as work
 where work.id = parcel.fulfillment_id and work.arrived_at is not null
   and parcel.state = 'delivered';

create or replace view parcel_arriving as
select parcel.id, work.collect_at, work.id as fulfillment_id, placed.number as order_number,
       parcel.sscc, parcel.tracking, parcel.state, parcel.weight_g, parcel.location_id,
       parcel.carrier_service_id, work.arrives_at, work.arrived_at, work.service,
       parcel.received_at
  from parcel
  join fulfillment as work on work.id = parcel.fulfillment_id
  join customer_order as placed on placed.id = parcel.order_id
 where work.collect_at is not null
   and parcel.state not in ('open', 'voided');
