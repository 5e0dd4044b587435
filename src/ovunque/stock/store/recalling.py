"""Movements of the past, added up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_turns(
    tx: Tx, since: datetime, without: Sequence[str]
) -> tuple[tuple[datetime, str, UUID, int], ...]:
    """What moved since then, but for some kinds."""
    rows = tx.execute(
        """
        select occurred_at, sku, location_id, sum(quantity)::int
          from stock_movement
         where occurred_at > %(since)s and kind <> all(%(without)s::text[])
         group by occurred_at, sku, location_id
         order by occurred_at, sku, location_id
        """,
        {"since": since, "without": list(without)},
    )
    return tuple((at, sku, location_id, units) for at, sku, location_id, units in rows)
