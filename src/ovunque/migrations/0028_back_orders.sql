-- The day by which a line's back-ordered units are expected; none: nobody was told a day.
alter table order_line add column expected_on date;
alter table order_line add constraint order_line_expected
  check (expected_on is null or backordered > 0);

-- Tried and not served, though some are free: they are not this line's. Looked at again then.
alter table stock_awaited add column look_at timestamptz not null default '-infinity';
