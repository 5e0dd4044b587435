-- Who looks after several places, or works for a partner that has several: in one of them at a time.
alter table person
  drop constraint person_role_check,
  drop constraint person_check,
  add constraint person_role_known
    check (role in ('seller', 'associate', 'store_manager', 'area_manager', 'partner', 'care',
                    'merchandiser', 'executive', 'admin')),
  add constraint person_has_place
    check ((role in ('seller', 'associate', 'store_manager', 'area_manager', 'partner'))
           = (location_id is not null));

create table person_place (
  person_id   uuid not null references person,
  location_id uuid not null references location,
  primary key (person_id, location_id)
);
revoke select on person_place from ovunque_store;
