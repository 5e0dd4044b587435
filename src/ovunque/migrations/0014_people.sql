-- Who works here. Store people belong to one location and see no other's work.
create table person (
  id            uuid primary key,
  login         text collate "C" not null unique check (length(login) between 1 and 64),
  name          text not null check (length(name) between 1 and 100),
  role          text not null check (role in ('seller', 'associate', 'store_manager', 'care',
                                              'merchandiser', 'executive', 'admin')),
  location_id   uuid references location,
  language      text check (language in ('en', 'it')),
  theme         text not null default 'system' check (theme in ('system', 'light', 'dark')),
  password_hash text not null,
  created_at    timestamptz not null,
  disabled_at   timestamptz,
  check ((role in ('seller', 'associate', 'store_manager')) = (location_id is not null))
);
create index person_location on person (location_id) where location_id is not null;

-- Of what a browser sends only the digest is kept.
create table session (
  sha256    bytea primary key check (length(sha256) = 32),
  person_id uuid not null references person,
  opened_at timestamptz not null,
  seen_at   timestamptz not null
) with (fillfactor = 80);
create index session_person on session (person_id);
create index session_opened on session (opened_at);

-- Tries to sign in, by name and by address ("account:marta", "address:203.0.113.7"), counted
-- before the password is looked at.
create table sign_in_try (
  key   text collate "C" primary key check (length(key) <= 100),
  tries int not null check (tries > 0),
  since timestamptz not null
) with (fillfactor = 70);
create index sign_in_try_since on sign_in_try (since);
