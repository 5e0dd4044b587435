-- When the last unit of it was taken from its shelf: a count of before has seen it there.
alter table fulfillment_line add column picked_at timestamptz;
