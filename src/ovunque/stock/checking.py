"""What is always true of stock."""

from ovunque.platform.invariants import Invariant
from ovunque.stock.store.counting import since

INVARIANTS = (
    Invariant(
        name="on-hand is the last count and what moved since",
        sql=f"""
        select level.sku || ' at ' || level.location_id || ': ' || level.on_hand || ' is not '
               || level.baseline + coalesce(moved.quantity, 0)
          from stock_level as level
          left join lateral (
            select sum(quantity) as quantity from stock_movement as moved
             where {since("level")}
          ) as moved on true
         where level.on_hand <> level.baseline + coalesce(moved.quantity, 0)
        """,
    ),
    Invariant(
        name="what a count confirmed is what we have",
        sql=f"""
        select told.sku || ' at ' || told.location_id || ': ' || level.on_hand || ' is not '
               || told.told + coalesce(moved.quantity, 0)
          from (
            select told.sku, told.location_id, told.told, told.baseline_as_of,
                   kept.source as baseline_source, kept.lag_s as baseline_lag_s,
                   kept.skew_s as baseline_skew_s
              from (select * from stock_confirmation order by position desc limit 100) as kept
             cross join lateral unnest(kept.skus, kept.location_ids, kept.on_hands, kept.as_ofs)
                   as told (sku, location_id, told, baseline_as_of)
          ) as told
          join stock_level as level
            on (level.sku, level.location_id) = (told.sku, told.location_id)
          left join lateral (
            select sum(quantity) as quantity from stock_movement as moved
             where {since("told")}
          ) as moved on true
         where level.baseline_as_of < told.baseline_as_of
           and level.on_hand <> told.told + coalesce(moved.quantity, 0)
        """,
    ),
    Invariant(
        name="reserved is the sum of the open reservations",
        sql="""
        select coalesce(level.sku, open.sku) || ' at '
               || coalesce(level.location_id, open.location_id) || ': '
               || coalesce(level.reserved, 0) || ' is not ' || coalesce(open.units, 0)
          from stock_level as level
          full join (
            select sku, location_id, sum(quantity) as units from reservation
             where state in ('held', 'allocated') group by sku, location_id
          ) as open using (sku, location_id)
         where coalesce(level.reserved, 0) <> coalesce(open.units, 0)
        """,
    ),
    Invariant(
        name="who holds units has a hold that stands as long",
        sql="""
        select claim.quantity || ' ' || claim.sku || ' at ' || claim.location_id
               || coalesce(', hold ' || claim.hold_id, ', without a hold')
          from reservation as claim left join hold on hold.id = claim.hold_id
         where claim.state = 'held'
           and (hold.id is null or hold.ended is not null
                or hold.expires_at <> claim.expires_at
                or hold.channel_id is distinct from claim.channel_id)
        """,
    ),
    Invariant(
        name="unavailable is the sum of what is out of sale, by reason",
        sql="""
        select coalesce(level.sku, aside.sku) || ' at '
               || coalesce(level.location_id, aside.location_id) || ': '
               || coalesce(level.unavailable, 0) || ' is not ' || coalesce(aside.units, 0)
          from stock_level as level
          full join (
            select sku, location_id, sum(quantity) as units from stock_unavailable
             group by sku, location_id
          ) as aside using (sku, location_id)
         where coalesce(level.unavailable, 0) <> coalesce(aside.units, 0)
        """,
    ),
    Invariant(
        name="nothing is short unless a shortage names the gap",
        sql="""
        select coalesce(level.sku, gap.sku) || ' at '
               || coalesce(level.location_id, gap.location_id) || ': free '
               || coalesce(level.on_hand - level.unavailable - level.reserved, 0)
               || ', shortage ' || coalesce(gap.units, 0)
          from stock_level as level
          full join shortage as gap using (sku, location_id)
         where greatest(0, -coalesce(level.on_hand - level.unavailable - level.reserved, 0))
               <> coalesce(gap.units, 0)
        """,
    ),
    Invariant(
        name="nothing lies below nothing",
        sql="""
        select sku || ' at ' || location_id || ': ' || on_hand from stock_level where on_hand < 0
        """,
    ),
    Invariant(
        name="somebody counts what is short",
        sql="""
        select gap.sku || ' at ' || gap.location_id
          from shortage as gap
          left join stock_count_task as task
            on (task.sku, task.location_id) = (gap.sku, gap.location_id)
           and (task.closed_at is null or task.closed_at >= gap.opened_at)
         where task.sku is null
        """,
    ),
    Invariant(
        name="what left in a transfer has come, is under way or is missing",
        sql="""
        select told.transfer_id || ' ' || told.sku || ': ' || told.dispatched || ' left, '
               || told.received || ' came, ' || told.missing || ' missing'
          from (
            select line.*, transfer.state from transfer_line as line
              join transfer on transfer.id = line.transfer_id
          ) as told
         where (told.state in ('planned', 'canceled') and told.dispatched + told.received <> 0)
            or (told.state = 'received' and told.dispatched <> told.received + told.missing)
            or (told.state <> 'received' and told.missing <> 0)
        union all
        select 'units between locations: ' || moved.units || ' moved, ' || told.units || ' told'
          from (select coalesce(sum(quantity), 0) as units
                  from stock_movement where source = 'transfer') as moved
         cross join (select coalesce(sum(received - dispatched), 0) as units
                       from transfer_line) as told
         where moved.units <> told.units
        """,
    ),
    Invariant(
        name="what has come of a delivery is the sum of its receipts",
        sql="""
        select coming.reference || ' ' || coming.sku || ': ' || coming.received || ' is not '
               || coalesce(moved.quantity, 0)
          from stock_incoming as coming
          left join lateral (
            select sum(quantity) as quantity from stock_movement
             where reference = coming.reference and kind = 'received'
               and (sku, location_id) = (coming.sku, coming.location_id)
          ) as moved on true
         where coming.received <> coalesce(moved.quantity, 0)
        """,
    ),
    Invariant(
        name="what was booked of a shelf was scanned there, or not found",
        sql="""
        select item.count_id || ' ' || item.sku || ': ' || item.counted || ' booked, '
               || coalesce(seen.units, 0) || ' scanned'
          from shelf_count_item as item
          left join shelf_count as told on told.id = item.count_id
          left join (
            select count_id, sku, sum(quantity) as units from shelf_count_scan
             where taken_back_at is null and sku is not null group by count_id, sku
          ) as seen on (seen.count_id, seen.sku) = (item.count_id, item.sku)
         where (told.outcome = 'booked') is distinct from (item.counted is not null)
            or item.counted <> coalesce(seen.units, 0)
        """,
    ),
    Invariant(
        name="of a single piece there is one",
        sql="""
        select sku || ': ' || sum(on_hand) from item_piece join stock_level using (sku)
         group by sku having sum(on_hand) > 1
        """,
    ),
    Invariant(
        name="a movement belongs to a level",
        sql="""
        select distinct movement.sku || ' at ' || movement.location_id
          from stock_movement as movement left join stock_level as level using (sku, location_id)
         where level.sku is null
        """,
    ),
)
