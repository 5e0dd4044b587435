-- What opens doors or signs, sealed by a key that lies outside the database. What stood here in
-- clear gets the number of no key in front, and is sealed when a process starts.
alter table token_key drop constraint token_key_secret_check;
alter table promise_key drop constraint promise_key_secret_check;
alter table second_factor drop constraint second_factor_secret_check;
update token_key set secret = '\x0000'::bytea || secret;
update promise_key set secret = '\x0000'::bytea || secret;
update second_factor set secret = '\x0000'::bytea || secret;
alter table identity_provider
  alter column client_secret type bytea
  using '\x0000'::bytea || convert_to(client_secret, 'UTF8');
alter table webhook
  alter column secret type bytea using '\x0000'::bytea || convert_to(secret, 'UTF8'),
  alter column secret_before type bytea
  using '\x0000'::bytea || convert_to(secret_before, 'UTF8');
revoke select on identity_provider, webhook from ovunque_store;
