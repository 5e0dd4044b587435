-- What the short tokens of programs are signed with: every process knows what another has issued.
create table token_key (
  nth        int primary key check (nth > 0),
  secret     bytea not null check (length(secret) = 32),
  created_at timestamptz not null
);
revoke select on token_key from ovunque_store;
