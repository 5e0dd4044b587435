-- Who has taken on a count, by themselves or because somebody said so: others see that.
alter table stock_count_task
  add column assigned_to text check (length(assigned_to) between 1 and 100),
  add column assigned_at timestamptz,
  add constraint stock_count_task_assigned check ((assigned_to is null) = (assigned_at is null));
