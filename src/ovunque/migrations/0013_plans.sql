-- CO2e per unit of its basis in 10^-5 kg, tank to wheel and well to tank; for a carrier's service, a
-- carrier or a region where these are named, else for everybody. The newest year counts.
create table emission_factor (
  vehicle  text not null,                    -- or hub
  basis    text not null check (basis in ('tonne_km', 'vehicle_km', 'tonne_handled')),
  carrier  text collate "C" not null default '',
  service  text collate "C" not null default '',
  region   text not null default '',
  year     int not null check (year between 1990 and 2200),
  ttw_f5   int not null check (ttw_f5 >= 0),
  wtt_f5   int not null check (wtt_f5 >= 0),
  terms_f5 int[],                            -- of batteries: generation, fuels for it, grid losses
  quality  text not null check (quality in ('primary', 'modelled', 'default', 'assumed')),
  source   text not null,
  license  text not null,
  primary key (vehicle, basis, carrier, service, region, year),
  check (service = '' or carrier <> '')
);

-- UK Government GHG conversion factors 2025 (DESNZ), diesel, average laden, air without radiative
-- forcing; contains public sector information licensed under the Open Government Licence v3.0.
insert into emission_factor (vehicle, basis, year, ttw_f5, wtt_f5, quality, source, license)
select vehicle, basis, 2025, ttw_f5, wtt_f5, 'default',
       'UK Government GHG conversion factors for company reporting 2025 (DESNZ)',
       'Open Government Licence v3.0'
  from (values
    ('van_diesel', 'tonne_km', 63130, 15095),
    ('van_diesel', 'vehicle_km', 25561, 6128),
    ('rigid_to_7t', 'tonne_km', 52761, 12296),
    ('rigid_to_7t', 'vehicle_km', 49548, 11851),
    ('rigid_to_17t', 'tonne_km', 36362, 9246),
    ('rigid_to_17t', 'vehicle_km', 60501, 14453),
    ('rigid_over_17t', 'tonne_km', 17146, 3736),
    ('rigid_over_17t', 'vehicle_km', 99156, 23756),
    ('artic_over_33t', 'tonne_km', 7703, 1799),
    ('artic_over_33t', 'vehicle_km', 93421, 22058),
    ('rigid_over_17t_cold', 'tonne_km', 20416, 4457),
    ('artic_over_33t_cold', 'tonne_km', 8908, 2086),
    ('rail', 'tonne_km', 2779, 691),
    ('ferry', 'tonne_km', 37612, 8528),
    ('air_domestic', 'tonne_km', 271931, 57429),
    ('air_short', 'tonne_km', 75539, 20515),
    ('air_long', 'tonne_km', 53130, 13516),
    ('car', 'vehicle_km', 16725, 4399)
  ) as told (vehicle, basis, ttw_f5, wtt_f5);

-- A battery has no tank: all its terms stand before the wheel. The grid is the United Kingdom's.
insert into emission_factor
       (vehicle, basis, year, ttw_f5, wtt_f5, terms_f5, quality, source, license)
select 'van_electric', basis, 2025, 0, terms[1] + terms[2] + terms[3], terms, 'default',
       'UK Government GHG conversion factors for company reporting 2025 (DESNZ)',
       'Open Government Licence v3.0'
  from (values
    ('tonne_km', array[21992, 5633, 2084]),
    ('vehicle_km', array[6976, 1759, 662])
  ) as told (basis, terms);

-- No free table of sorting is known: the order of published defaults of transshipment, 1.2 to 2.9.
insert into emission_factor (vehicle, basis, year, ttw_f5, wtt_f5, quality, source, license)
values ('hub', 'tonne_handled', 2025, 200000, 0, 'assumed',
        'assumed: 2 kg for each tonne that is sorted', 'none needed');

-- What a decision points into: the locations that a channel may sell from, in the order of their
-- codes, and the carriers' services that come into question; the digest is of both.
create table candidate_list (
  digest       text collate "C" primary key,
  location_ids uuid[] not null,
  service_ids  uuid[] not null
);

-- What the plan of a fulfillment said: when it arrives, what it costs and emits.
alter table fulfillment
  add column arrives_at  timestamptz,
  add column cost_cents  int check (cost_cents >= 0),
  add column emissions_g int check (emissions_g >= 0);
