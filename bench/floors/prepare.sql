-- Tables of the same shape for the floors that do not use ours, without triggers and rights.
create table bare_level (like stock_level including all) with (fillfactor = 50);
insert into bare_level select * from stock_level;
create table bare_reservation (like reservation including all) with (fillfactor = 80);
create table bare_hold (like hold including all);
create sequence floor_key;
vacuum analyze;
