-- What became of count tasks is looked at from the latest on.
create index stock_count_task_closed on stock_count_task (closed_at) where closed_at is not null;

-- Up to which moment it was told that a rule began or ended: time alone changes what may be sold.
alter table protection add column told_at timestamptz not null default '-infinity';
create index protection_begins on protection (starts_at) where starts_at > told_at;
create index protection_ends on protection (ends_at) where ends_at > told_at;
