-- Where a promise went, for what its parcels teach; one whose order was canceled is void.
alter table promise add column destination text collate "C" not null default '';
alter table promise drop constraint promise_outcome_check;
alter table promise add check (outcome in ('kept', 'early', 'late', 'void'));
