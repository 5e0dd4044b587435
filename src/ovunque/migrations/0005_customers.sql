-- Contact data of people stands in these tables and nowhere else.
create table customer (
  id          uuid primary key,
  external_id text collate "C",
  email       text,
  name        text not null,
  phone       text,
  language    text,
  search      text not null,         -- all of it, case folded: what a fragment is sought in
  created_at  timestamptz not null,
  version     int not null default 1,
  check (external_id is not null or email is not null)
);

-- What a person is known by: "external_id:4711", "email:ada@example.org" (case folded). One key,
-- one profile. All kinds stand in one index, so that writers take them in one order: with an index
-- each, two batches that name the same people differently would wait for each other in a ring.
-- No foreign key: both rows are written by one statement, many to an order batch.
create table customer_key (
  key         text collate "C" primary key,
  customer_id uuid not null
);

-- Where a delivery goes, as it was told with the order.
create table contact (
  id           uuid primary key,
  name         text,
  phone        text,
  street       text not null,
  postal_code  text not null,
  city         text not null,
  region       text,
  country      text not null check (country ~ '^[A-Z]{2}$'),
  latitude_e6  int check (latitude_e6 between -90000000 and 90000000),
  longitude_e6 int check (longitude_e6 between -180000000 and 180000000)
);
