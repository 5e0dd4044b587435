-- What an operator watches: how many wait, and since when the oldest is due. Ages are made outside.
do $$
begin
  grant pg_read_all_stats to ovunque_system;
exception when insufficient_privilege then
  raise notice 'who waits for locks and standbys is not seen: pg_read_all_stats cannot be granted';
end
$$;

-- What the last look at all that is always true has found: told by whichever process is asked.
create table invariant_check (
  one   boolean primary key default true check (one),
  at    timestamptz not null,
  found jsonb not null  -- broken ones by name, with how many places
);

create view watched as
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
select 'work_to_offer', '', count(*), min(offer_at) from fulfillment where state = 'planned'
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
