-- A carrier is asked to come: it says a number, or somebody calls it off. Who took a manifest's
-- parcels signs for them, by name, and with a pen where there is one.
alter table carrier_pickup
  add column confirmation text check (length(confirmation) between 1 and 100),
  add column confirmed_at timestamptz,
  add column canceled_at  timestamptz,
  add check ((confirmation is null) = (confirmed_at is null));
alter table manifest
  add column signed_by text check (length(signed_by) between 1 and 100),
  add column signature text check (length(signature) between 1 and 20000),
  add column signed_at timestamptz,
  add check ((signed_by is null) = (signed_at is null)),
  add check ((signature is not null) <= (signed_at is not null));
