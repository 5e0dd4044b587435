-- What may go instead of an item when it is not found, as the retailer says; the best first.
create table item_substitute (
  sku     text collate "C" not null,
  nth     int not null check (nth between 0 and 19),
  instead text collate "C" not null check (instead <> sku),
  asks    boolean not null,  -- Only if the customer agrees.
  primary key (sku, nth),
  unique (sku, instead)
);
