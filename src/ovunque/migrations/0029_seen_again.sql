-- Since when units have been out of sale: a later count of the shelf has seen what became of them.
alter table stock_unavailable add column since timestamptz not null default '-infinity';
