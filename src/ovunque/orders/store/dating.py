"""What customers were told of the days on which they can expect their goods."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_told_late(tx: Tx, order_ids: Collection[UUID], since: datetime) -> frozenset[UUID]:
    """Lines of these orders of which the last word, spoken since then, is that they are late."""
    rows = tx.execute(
        """
        select line
          from (
            select distinct on (told.line) told.line, told.late
              from journal
             cross join lateral jsonb_to_recordset(body->'lines') as told (line uuid, late boolean)
             where order_id = any(%(order_ids)s::uuid[]) and kind = 'order.expected'
               and at > %(since)s
             order by told.line, order_seq desc
          ) as last
         where late
        """,
        {"order_ids": list(order_ids), "since": since},
    )
    return frozenset(row[0] for row in rows)
