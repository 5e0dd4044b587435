-- Contact data of people stands in these tables and nowhere else.
create table customer (
  id          uuid primary key,
  external_id text collate "C" unique,
  email       text,
  email_key   text collate "C" unique,   -- normal form, case folded: one person, one profile
  name        text not null,
  phone       text,
  language    text,
  created_at  timestamptz not null,
  version     int not null default 1
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
