-- Why a job failed last is told to whoever waits for it, also while it will be tried again.
alter table job
  drop constraint job_check,
  add constraint job_parked_reason_check check ((state = 'parked') <= (reason is not null));
