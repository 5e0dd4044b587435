-- Holds that end in the same moment are given back in the order of their levels: those of one sweep
-- lie on the same pages.
drop index reservation_due;
create index reservation_due on reservation (expires_at, sku, location_id) where state = 'held';
