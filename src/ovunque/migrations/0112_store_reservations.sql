-- Goods that a store sets aside for somebody who comes to try them: reserve & collect.
create table store_reservation (
  id           uuid primary key,
  channel_id   uuid not null,
  location_id  uuid not null,
  customer_id  uuid not null,
  state        text not null
               check (state in ('requested', 'declined', 'set_aside', 'visited', 'bought',
                                'partly_bought', 'not_bought', 'expired', 'canceled')),
  code         text not null check (code ~ '^[0-9]{6}$'),
  requested_at timestamptz not null,
  answer_by    timestamptz not null,
  changed_at   timestamptz not null,
  comes_at     timestamptz,
  note         text check (length(note) between 1 and 500),
  shelf        text check (length(shelf) between 1 and 20),
  stands_until timestamptz,
  reminded_at  timestamptz,
  reason       text,
  check ((state in ('set_aside', 'visited', 'bought', 'partly_bought', 'not_bought', 'expired'))
         <= (stands_until is not null))
) with (fillfactor = 80);
create index store_reservation_open on store_reservation (location_id, state)
  where state in ('requested', 'set_aside');
create index store_reservation_due on store_reservation (coalesce(stands_until, answer_by))
  where state in ('requested', 'set_aside');
create index store_reservation_location on store_reservation (location_id, id);

create table store_reservation_line (
  store_reservation_id uuid not null,
  sku                  text collate "C" not null,
  quantity             int not null check (quantity between 1 and 10000),
  reservation_id       uuid not null,
  found                int check (found between 0 and quantity),
  bought               int check (bought between 0 and found),
  primary key (store_reservation_id, sku)
) with (fillfactor = 80);

-- A store sees its own visitors only, whatever a question forgot.
alter table store_reservation enable row level security;
alter table store_reservation force row level security;
create policy everything on store_reservation to ovunque_system using (true) with check (true);
create policy own_location on store_reservation for select to ovunque_store
  using (location_id = (select nullif(current_setting('ovunque.location', true), '')::uuid));
