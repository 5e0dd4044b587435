-- Units that a channel may not take: buffers are nobody's, shares are kept for some channels, a stop
-- keeps everything, and so does a listing before and after its time. One item, product or category at most, one location or group at most.
create table protection (
  code        text collate "C" primary key,
  kind        text not null check (kind in ('buffer', 'share', 'stop', 'listing')),
  units       int check (units between 0 and 1000000),
  percent     int check (percent between 0 and 100),
  sku         text collate "C",
  product     text,
  category    text,
  location_id uuid,
  "group"     text collate "C",
  channel_ids uuid[] not null,  -- a share's: for whom; a stop's, a listing's: whose sales, none: everybody's
  starts_at   timestamptz,
  ends_at     timestamptz,
  version     int not null default 1,
  check (num_nonnulls(sku, product, category) <= 1),
  check (num_nonnulls(location_id, "group") <= 1),
  check ((kind in ('stop', 'listing')) = (num_nonnulls(units, percent) = 0)),
  check ((kind = 'listing') <= (num_nonnulls(starts_at, ends_at) > 0)),
  check ((kind = 'buffer') <= (cardinality(channel_ids) = 0)),
  check ((kind = 'share') <= (cardinality(channel_ids) > 0)),
  check (starts_at < ends_at)
);
create index protection_sku on protection (sku) where sku is not null;
create index protection_general on protection (code) where sku is null;

-- For which channel a reservation stands: what a share's channels have taken is kept no longer.
alter table reservation add column channel_id uuid;
create index reservation_held on reservation (sku, location_id) where state = 'held';
