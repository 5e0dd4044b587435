-- What people call what programs know by a code. Nobody has to give a name.
create table given_name (
  kind text not null check (kind in ('carrier', 'zone', 'protection', 'source')),
  code text collate "C" not null,
  name text not null,
  primary key (kind, code)
);

-- Everything that may have such a name, whichever room keeps it.
create view nameable as
  select distinct 'carrier' as kind, carrier as code from carrier_service
  union all select 'zone', code from zone
  union all select 'protection', code from protection
  union all select 'source', code from stock_source;
