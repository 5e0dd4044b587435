-- A store does not serve who wanted to fetch there: the customer says what happens instead.
create table pickup_question (
  order_id     uuid not null,
  delivery_nth int not null check (delivery_nth between 0 and 499),
  location_id  uuid not null,
  asked_at     timestamptz not null,
  answer       text check (answer in ('transfer', 'delivery', 'canceled')),
  consent      text check (consent in ('message', 'phone', 'counter')),  -- How it was heard.
  answered_at  timestamptz,
  answered_by  text,
  primary key (order_id, delivery_nth, asked_at),
  check ((answer is null) = (answered_at is null)),
  check ((answer is null) = (answered_by is null)),
  check ((consent is not null) = (answer in ('transfer', 'delivery')) or answer is null)
);
create unique index pickup_question_open on pickup_question (order_id, delivery_nth)
  where answer is null;
create index pickup_question_place on pickup_question (location_id, asked_at) where answer is null;

alter table pickup_question enable row level security;
alter table pickup_question force row level security;
create policy everything on pickup_question to ovunque_system using (true) with check (true);
create policy own_location on pickup_question for select to ovunque_store
  using (location_id = (select nullif(current_setting('ovunque.location', true), '')::uuid));
