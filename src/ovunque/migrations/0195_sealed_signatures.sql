-- What a driver drew, and the verifier of who is on the way to a provider: sealed like the rest.
alter table manifest drop constraint manifest_signature_check;
alter table manifest alter column signature type bytea
  using '\x0000'::bytea || convert_to(signature, 'UTF8');
alter table sign_in_flow alter column verifier type bytea
  using '\x0000'::bytea || convert_to(verifier, 'UTF8');
