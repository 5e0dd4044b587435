-- Where somebody lives, sealed by a key that lies outside the database: street, city, region and
-- point. Name and phone are what people look for, country and postal code what ways are told by.
-- Rows from before keep theirs in clear until `ovunque customers reseal` has come by.
alter table contact
  add column sealed bytea,
  alter column street drop not null,
  alter column city drop not null,
  add constraint contact_whole check (sealed is not null or street is not null);

-- Which keys sealed anything here: without one of them nobody starts. The marks tell nothing.
create table personal_key (
  nth  int primary key,
  mark bytea not null
);
revoke select on personal_key from ovunque_store;
