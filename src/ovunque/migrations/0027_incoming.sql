-- Units that somebody has announced for a day: one reference may name several items and places.
create table stock_incoming (
  reference   text collate "C" not null check (length(reference) between 1 and 100),
  sku         text collate "C" not null,
  location_id uuid not null,
  quantity    int not null check (quantity between 0 and 1000000),
  received    int not null default 0,     -- by movements that name the reference
  due_on      date not null,              -- where it arrives
  late_days   int not null check (late_days between 0 and 365),  -- how long it is still believed
  version     int not null default 1,
  primary key (reference, sku, location_id)
) with (fillfactor = 80);
create index stock_incoming_open on stock_incoming (sku) where received < quantity;

-- Units of order lines that wait for goods: with a day they are promised on what comes, without
-- one they come first all the same.
create table stock_awaited (
  line_id    uuid not null,
  sku        text collate "C" not null,
  channel_id uuid not null,
  units      int not null check (units > 0),
  due_on     date,
  primary key (line_id, sku)
);
create index stock_awaited_sku on stock_awaited (sku);

-- Whoever promises units that have not come, or changes what comes, holds the item's row.
create table stock_ahead (sku text collate "C" primary key);

alter table stock_movement add column reference text collate "C";
create index stock_movement_reference on stock_movement (reference) where reference is not null;

-- All that comes: what is announced, and transfers under way that say when.
create view stock_coming as
select sku, location_id, due_on, due_on + late_days as until, quantity - received as quantity,
       reference, 'delivery' as kind
  from stock_incoming where received < quantity
union all
select line.sku, transfer.to_id,
       (transfer.expected_at at time zone place.time_zone)::date,
       (transfer.expected_at at time zone place.time_zone)::date + 3,
       line.dispatched - line.received, coalesce(transfer.external_id, ''), 'transfer'
  from transfer
  join transfer_line as line on line.transfer_id = transfer.id
  join location as place on place.id = transfer.to_id
 where transfer.state = 'dispatched' and transfer.expected_at is not null
   and line.dispatched > line.received;
