-- What customers pay, in whole tables: a draft that is checked for gaps, and every one that counted.
create table price_publication (
  number       int primary key check (number >= 1),
  rows         jsonb not null,
  published_by text not null,
  published_at timestamptz not null
);
create table price_draft (
  one        boolean primary key default true check (one),
  rows       jsonb not null,
  version    int not null default 1,
  changed_by text not null,
  changed_at timestamptz not null
);

-- What was the only table becomes the first one.
insert into price_publication (number, rows, published_by, published_at)
select 1, jsonb_agg(jsonb_build_object('channel', channel, 'service', service, 'zone', '',
                                       'goods_from', goods_from, 'price', price)
                    order by channel, service, goods_from),
       'system', 'epoch'
  from (select channel, service, 0 as goods_from, price_cents as price from delivery_price
        union all
        select channel, service, free_from_cents, 0 from delivery_price
         where free_from_cents > 0) as told;
drop table delivery_price;
