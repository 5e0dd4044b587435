-- Customers who have not answered for hours: customer care is told once.
alter table pickup_question add column reminded_at timestamptz;
create index pickup_question_remind on pickup_question (asked_at)
  where answer is null and reminded_at is null;
