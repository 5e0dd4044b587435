create table item (
  sku         text collate "C" primary key,
  product     text not null,
  titles      jsonb not null,        -- by language; "en" is always there
  category    text,
  season      text,
  color       text,
  size        text,
  condition   text not null
              check (condition in ('new', 'refurbished', 'used_a', 'used_b', 'used_c')),
  weight_g    int not null check (weight_g between 1 and 1000000),
  length_mm   int check (length_mm between 1 and 100000),
  width_mm    int check (width_mm between 1 and 100000),
  height_mm   int check (height_mm between 1 and 100000),
  price_cents int check (price_cents between 0 and 100000000),
  cost_cents  int check (cost_cents between 0 and 100000000),
  search      text not null,         -- sku, titles and barcodes, case folded: what a fragment is sought in
  version     int not null default 1
);
create index item_product on item (product);

create table item_gtin (
  gtin text collate "C" primary key check (gtin ~ '^[0-9]{14}$'),  -- shorter ones lead with zeros
  sku  text collate "C" not null references item
);
create index item_gtin_sku on item_gtin (sku);

-- A bundle is sold as one line and stocked as its components.
create table item_component (
  bundle_sku    text collate "C" not null references item,
  component_sku text collate "C" not null references item,
  quantity      int not null check (quantity between 1 and 1000),
  primary key (bundle_sku, component_sku),
  check (bundle_sku <> component_sku)
);
create index item_component_component on item_component (component_sku);
