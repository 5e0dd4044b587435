-- The journal sealed: each row here vouches for the rows of the journal behind the one before.
create table seal (
  nth      bigint primary key check (nth > 0),
  epoch    int not null,
  writer   xid8 not null,
  position bigint not null,           -- of the last row that it covers
  rows     int not null check (rows > 0),
  marks    bytea not null,            -- the first bytes of each row's digest: to name the bad one
  hash     bytea not null check (length(hash) = 32),
  at       timestamptz not null,
  check (length(marks) = 8 * rows)
);

-- What was signed and told outside.
create table seal_root (
  nth       bigint primary key references seal,
  signer    text not null,            -- the beginning of the digest of the public key
  signature bytea not null check (length(signature) = 64),
  at        timestamptz not null
);

-- Who serves requests may add to both, and change neither.
revoke update, delete on seal, seal_root from ovunque_system;
