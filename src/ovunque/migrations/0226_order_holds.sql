-- An order is kept back until somebody has looked at it: nobody is asked to do its work meanwhile.
create table order_hold (
  order_id    uuid not null,
  reason      text not null check (reason in ('fraud', 'payment', 'address', 'manual')),
  owner       text not null check (length(owner) between 1 and 100),  -- Who looks at it.
  held_at     timestamptz not null,
  held_by     text not null,
  released_at timestamptz,
  released_by text,
  primary key (order_id, reason, held_at),
  check ((released_at is null) = (released_by is null))
);
create unique index order_hold_open on order_hold (order_id, reason) where released_at is null;

-- What somebody keeps back does not wait to be offered.
create or replace view watched as
select 'jobs_waiting' as name, kind as label, count(*) as count, min(due_at) as oldest
  from job where state = 'waiting' and attempts = 0 group by kind
union all
select 'jobs_retried', kind, count(*), min(due_at)
  from job where state = 'waiting' and attempts > 0 group by kind
union all
select 'jobs_parked', kind, count(*), min(due_at) from job where state = 'parked' group by kind
union all
select 'offers_open', '', count(*), min(accept_by) from offer where state = 'open'
union all
select 'work_to_offer', '', count(*), min(offer_at)
  from fulfillment as work
 where state = 'planned'
   and not exists (select from order_hold as kept
                    where kept.order_id = work.order_id and kept.released_at is null)
union all
select 'orders_held', reason, count(*), min(held_at)
  from order_hold where released_at is null group by reason
union all
select 'work_to_source', '', count(*), min(resource_at)
  from fulfillment where resource_at is not null
union all
select 'shortages', '', count(*), min(opened_at) from shortage
union all
select 'invariants_broken', '',
       coalesce(max((select count(*) from jsonb_object_keys(found))), 0), max(at) + interval '1 hour'
  from invariant_check
union all
select 'feeds_missing', code, (select count(*) from stock_gap where source = code), heard_at
  from stock_source where heard_at is not null
union all
select 'feeds_held', source, count(*), min(received_at)
  from stock_feed where state = 'held' group by source
union all
select 'lines_unserved', '', count(*), null from order_line where unplaced + backordered > 0
union all
select 'incoming_open', '', count(*), (min(due_on) + 1)::timestamp at time zone 'UTC'
  from stock_coming
union all
select 'journal_behind', subscriber, behind.count, behind.oldest
  from journal_cursor as place
  cross join lateral (
    select count(*) as count, min(at) as oldest
      from (select at from journal
             where epoch >= place.epoch
               and (writer, position) > (place.writer, place.position)
             order by writer, position limit 10000) as unread
  ) as behind
union all
select 'database_writers', '', count(*), min(xact_start)
  from pg_stat_activity where backend_xid is not null
union all
select 'database_lock_waiters', '', count(*), min(query_start)
  from pg_stat_activity where wait_event_type = 'Lock'
union all
select 'database_standby_waiters', '', count(*), min(query_start)
  from pg_stat_activity where wait_event = 'SyncRep';
