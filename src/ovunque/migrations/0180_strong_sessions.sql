-- Whether somebody showed more than a password when they came in.
alter table session add column is_strong boolean not null default false;
