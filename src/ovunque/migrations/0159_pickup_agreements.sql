-- What was agreed about fetching a delivery: who may come, and what is still to be paid there.
create table pickup_agreement (
  order_id     uuid not null,
  delivery_nth int not null check (delivery_nth between 0 and 499),
  collector    text check (length(collector) between 1 and 100),  -- Null: the customer.
  to_pay       bigint check (to_pay between 1 and 100000000000),  -- Null: nothing.
  receipt      text check (length(receipt) between 1 and 100),    -- Of the till.
  paid_at      timestamptz,
  paid_by      text,
  primary key (order_id, delivery_nth),
  check ((receipt is null) = (paid_at is null)),
  check ((receipt is null) = (paid_by is null)),
  check ((receipt is not null) <= (to_pay is not null))
);
