-- Who edited an order, and how it was before: sealed, for it may name people.
create table order_edit (
  order_id    uuid not null,
  nth         int not null check (nth > 0),
  edited_at   timestamptz not null,
  edited_by   text not null,
  version     int not null,  -- Of the order after it: as long as it stands, it can be undone.
  former      bytea,         -- Null: it cannot be undone any more.
  contact_ids uuid[] not null,  -- Where its deliveries went before: forgotten with the order.
  primary key (order_id, nth)
);
