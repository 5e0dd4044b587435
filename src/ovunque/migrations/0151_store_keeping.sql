-- What whoever runs a store looks at: how offers were answered, what left in time, what was printed.
create view location_offer with (security_invoker = true) as
select offer.location_id, offer.id, offer.fulfillment_id, placed.number as order_number,
       offer.state, offer.reason, offer.opened_at, offer.accept_by, offer.closed_at,
       offer.closed_by, work.state as work_state, work.location_id as work_location_id
  from offer
  join fulfillment as work on work.id = offer.fulfillment_id
  join customer_order as placed on placed.id = offer.order_id;

create view location_print with (security_invoker = true) as
select parcel.location_id, parcel.id, parcel.fulfillment_id, placed.number as order_number,
       parcel.state, parcel.tracking, parcel.sscc, parcel.opened_at, parcel.manifest_id
  from parcel
  join customer_order as placed on placed.id = parcel.order_id;
create index parcel_location on parcel (location_id, id);

create view location_departure with (security_invoker = true) as
select manifest.location_id, manifest.closed_at, milestone.hand_over_by
  from manifest
  join parcel on parcel.manifest_id = manifest.id
  left join milestone on milestone.fulfillment_id = parcel.fulfillment_id;
