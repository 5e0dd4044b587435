-- A hold of an order may end by itself: then the order goes on, or is canceled.
alter table order_hold
  add column expires_at timestamptz,
  add column on_expiry  text check (on_expiry in ('release', 'cancel')),
  add check ((expires_at is null) = (on_expiry is null));
create index order_hold_due on order_hold (expires_at)
  where released_at is null and expires_at is not null;
