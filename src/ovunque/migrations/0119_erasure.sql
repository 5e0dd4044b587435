-- Who has asked to be forgotten, and who has been: ids only, it says nothing of anybody.
create table erasure (
  customer_id uuid primary key,
  asked_at    timestamptz not null,
  asked_by    text not null,
  erased_at   timestamptz
);

alter table customer
  add column erased_at timestamptz,
  drop constraint customer_check,
  add constraint customer_known
    check (external_id is not null or email is not null or erased_at is not null),
  add constraint customer_erased
    check (erased_at is null or (external_id is null and email is null and phone is null
                                 and name = '' and search = ''));

-- What a counter was shown, and who came: told here, and not in the journal, which keeps for ever.
alter table collection add column shown text check (length(shown) between 1 and 100);

-- Who looked at whose contact data: it is masked until somebody opens it.
create table customer_opening (
  customer_id uuid not null,
  order_id    uuid,
  actor       text not null,
  at          timestamptz not null
);
create index customer_opening_actor on customer_opening (actor, at);
create index customer_opening_customer on customer_opening (customer_id, at);
