-- Parcels that go to one of our locations, where their customers fetch them: what is expected
-- there, and what has come.
create view parcel_arriving as
select parcel.id, work.collect_at, work.id as fulfillment_id, placed.number as order_number,
       parcel.sscc, parcel.tracking, parcel.state, parcel.weight_g, parcel.location_id,
       parcel.carrier_service_id, work.arrives_at, work.arrived_at, work.service
  from parcel
  join fulfillment as work on work.id = parcel.fulfillment_id
  join customer_order as placed on placed.id = parcel.order_id
 where work.collect_at is not null
   and parcel.state not in ('open', 'voided');
