"""What has left its shelf, for whoever counts the shelf."""

from collections.abc import Mapping
from datetime import datetime

from ovunque.platform.database import Tx
from ovunque.stock.model import Key


def list_picked_units(tx: Tx, moments: Mapping[Key, datetime]) -> dict[Key, int]:
    """What was picked by a moment and had not left by then, by level.

    What has left since is a movement of ours, which is taken off whatever was counted then. Of a
    line picked before and after, all counts as picked after: a unit too few is found again.
    """
    rows = tx.execute(
        """
        with asked as (
          select * from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(ats)s::timestamptz[])
              as asked (sku, location_id, at)
        ), picked as (
          select line.sku, work.location_id, line.picked
            from asked
            join fulfillment as work
              on work.location_id = asked.location_id and work.replaced_at is null
             and work.state in ('picking', 'picked', 'packed', 'ready')
            join fulfillment_line as line
              on line.fulfillment_id = work.id and line.sku = asked.sku
            left join parcel on parcel.id = line.parcel_id
           where line.picked > 0 and coalesce(line.picked_at, '-infinity') <= asked.at
             and coalesce(parcel.state, 'open') in ('open', 'labeled', 'voided')
          union all
          select line.sku, asked.location_id, line.picked
            from asked
            join stock_movement as gone
              on (gone.sku, gone.location_id) = (asked.sku, asked.location_id)
             and gone.source = 'ovunque' and gone.occurred_at > asked.at
            join reservation as claim
              on claim.id = case when gone.source = 'ovunque' then gone.id::uuid end
            join fulfillment as work on work.order_id = claim.order_id
            join fulfillment_line as line
              on line.fulfillment_id = work.id and line.reservation_id = claim.id
           where coalesce(line.picked_at, '-infinity') <= asked.at
        )
        select sku, location_id, sum(picked)::int from picked group by sku, location_id
        """,
        {
            "skus": [key.sku for key in moments],
            "location_ids": [key.location_id for key in moments],
            "ats": list(moments.values()),
        },
    )
    return {Key(sku, at): units for sku, at, units in rows}
