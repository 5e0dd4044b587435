-- A version may be tried by a share of the orders, beside what counts for the others.
alter table strategy_version
  add column share_percent int not null default 100 check (share_percent between 1 and 100),
  add column ended_at      timestamptz check (ended_at >= starts_at),
  add check (ended_at is null or share_percent < 100);

-- Which orders a trial decides about, written as they are placed: drawn by lot, or left to what
-- counts for the others. What becomes of both is compared as they were drawn, whatever comes later.
create table trial_order (
  code     text collate "C" not null,
  number   int not null,
  order_id uuid not null,
  drawn    boolean not null,
  primary key (code, number, order_id),
  foreign key (code, number) references strategy_version
);

create view trial_outcome as
select entry.code, entry.number, entry.drawn, entry.order_id,
       work.cents, work.grams, work.parcels,
       work.arrives_at - placed.placed_at as lead,
       answers.noes, answers.claimed_at - placed.placed_at as claimed_after,
       promised.scored, promised.kept, lines.waits,
       (select status from order_status where order_status.order_id = placed.id) = 'canceled'
       as canceled
  from trial_order as entry
  join customer_order as placed on placed.id = entry.order_id
 cross join lateral (
    select coalesce(sum(cost_cents), 0) as cents, coalesce(sum(emissions_g), 0) as grams,
           count(*) as parcels, max(arrives_at) as arrives_at
      from fulfillment
     where order_id = entry.order_id and replaced_at is null
       and state not in ('rejected', 'withdrawn', 'canceled')
  ) as work
 cross join lateral (
    select count(*) filter (where state in ('rejected', 'expired')) as noes,
           min(closed_at) filter (where state = 'claimed' and accept_by is not null) as claimed_at
      from offer where offer.order_id = entry.order_id
  ) as answers
 cross join lateral (
    select count(outcome) as scored, count(*) filter (where outcome in ('kept', 'early')) as kept
      from promise where promise.order_id = entry.order_id
  ) as promised
 cross join lateral (
    select coalesce(bool_or(unplaced + backordered > 0), false) as waits
      from order_line where order_line.order_id = entry.order_id
  ) as lines;
revoke select on trial_order, trial_outcome from ovunque_store;
