-- How many units of a movement have accounted for units that were set aside: sold ones whose till had
-- not told yet, missing ones that were written off. No unit accounts for two.
create table stock_accounted (
  source text not null,
  id     text collate "C" not null,
  units  int not null check (units > 0),
  primary key (source, id)
);
