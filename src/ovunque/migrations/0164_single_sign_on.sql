-- Who vouches for people: a company's own sign-in, asked by OpenID Connect.
create table identity_provider (
  id             uuid primary key,
  code           text collate "C" not null unique check (length(code) between 1 and 32),
  name           text not null check (length(name) between 1 and 100),
  issuer         text not null unique,
  client_id      text not null,
  client_secret  text,                      -- null: a public client, PKCE alone
  login_claim    text not null,
  role_claim     text,                      -- null: roles are given here, and nobody new comes in
  roles          jsonb not null,            -- [[value of the claim, role], ...]: the first one counts
  location_claim text,
  strength       text,                      -- the `acr` that it has to vouch for
  created_at     timestamptz not null
);

-- Who somebody is there. Without a subject: let in by an administrator, and not yet come.
create table identity (
  provider_id uuid not null references identity_provider on delete cascade,
  person_id   uuid not null references person,
  subject     text collate "C",
  primary key (provider_id, person_id),
  unique (provider_id, subject)
);
create index identity_person on identity (person_id);

-- Who was sent there and has not come back: each opens once, in the browser that left.
create table sign_in_flow (
  sha256      bytea primary key check (length(sha256) = 32),   -- of the state
  provider_id uuid not null references identity_provider on delete cascade,
  browser     bytea not null check (length(browser) = 32),
  nonce       text not null,
  verifier    text not null,
  person_id   uuid references person,       -- set: they are in, and show again who they are
  next        text not null,
  begun_at    timestamptz not null
);
create index sign_in_flow_begun on sign_in_flow (begun_at);
create index sign_in_flow_provider on sign_in_flow (provider_id);
create index sign_in_flow_person on sign_in_flow (person_id);

revoke select on identity_provider, identity, sign_in_flow from ovunque_store;
