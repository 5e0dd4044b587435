-- A person has a run wait: no further portion is applied until somebody has it go on.
alter table import_run
  add column paused_at timestamptz,
  add column paused_by text,
  add constraint import_run_paused check ((paused_at is null) = (paused_by is null));
