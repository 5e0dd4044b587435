-- Who comes to a store for what was reserved there instead of the customer, sealed: null, nobody else.
alter table store_reservation add column collector bytea;
