"""Items that locations are not asked for, for a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def save_excluded(
    tx: Tx, location_id: UUID, skus: Sequence[str], reason: str, span: tuple[datetime, datetime]
) -> None:
    """From an instant until another; what is excluded for longer stays so."""
    tx.execute(
        """
        insert into location_exclusion as known (location_id, sku, until, reason, since)
        select %(location_id)s, sku, %(until)s, %(reason)s, %(since)s
          from unnest(%(skus)s::text[]) as told (sku)
         order by sku
            on conflict (location_id, sku) do update
           set until = excluded.until, reason = excluded.reason, since = excluded.since
         where known.until < excluded.until
        """,
        {
            "location_id": location_id,
            "skus": list(skus),
            "reason": reason,
            "since": span[0],
            "until": span[1],
        },
    )


def list_excluded(tx: Tx) -> list[tuple[UUID, str, datetime, str]]:
    rows = tx.execute(
        "select location_id, sku, until, reason from location_exclusion order by location_id, sku"
    )
    return rows.fetchall()


def remove_excluded(tx: Tx, before: datetime) -> None:
    """Forget what was over before then."""
    tx.execute("delete from location_exclusion where until < %(before)s", {"before": before})
