"""What webhooks were last told that channels may sell, and how few of it are few."""

from collections.abc import Mapping, Sequence

from ovunque.platform.database import Tx


def list_told(tx: Tx, channel: str, skus: Sequence[str]) -> dict[str, int]:
    rows = tx.execute(
        "select sku, available from stock_told "
        "where channel = %(channel)s and sku = any(%(skus)s::text[])",
        {"channel": channel, "skus": list(skus)},
    )
    found: dict[str, int] = dict(rows.fetchall())
    return found


def is_told(tx: Tx, channel: str) -> bool:
    """Whether anything of a channel was ever told."""
    row = tx.execute(
        "select exists (select from stock_told where channel = %(channel)s)", {"channel": channel}
    ).fetchone()
    assert row is not None
    return bool(row[0])


def remove_told(tx: Tx, channels: Sequence[str]) -> None:
    """Forget what was told of the first of some channels of which anything was."""
    tx.execute(
        """
        delete from stock_told
         where channel = (
           select asked.channel from unnest(%(channels)s::text[]) as asked (channel)
            where exists (select from stock_told as told where told.channel = asked.channel)
            order by asked.channel limit 1)
        """,
        {"channels": list(channels)},
    )


def save_told(tx: Tx, channel: str, available: Mapping[str, int]) -> None:
    tx.execute(
        """
        insert into stock_told (channel, sku, available)
        select %(channel)s, sku, available
          from unnest(%(skus)s::text[], %(units)s::int[]) as told (sku, available)
         order by sku collate "C"
            on conflict (channel, sku) do update set available = excluded.available
        """,
        {"channel": channel, "skus": list(available), "units": list(available.values())},
    )


def list_low(tx: Tx) -> dict[tuple[str, str], int]:
    """How few are few, by channel and item; '' stands for any."""
    rows = tx.execute("select channel, sku, units from low_stock order by channel, sku")
    return {(channel, sku): units for channel, sku, units in rows}


def save_low(tx: Tx, channel: str, sku: str, units: int | None) -> None:
    """Set it, or take it back."""
    where = {"channel": channel, "sku": sku, "units": units}
    if units is None:
        tx.execute("delete from low_stock where channel = %(channel)s and sku = %(sku)s", where)
        return
    tx.execute(
        """
        insert into low_stock (channel, sku, units) values (%(channel)s, %(sku)s, %(units)s)
            on conflict (channel, sku) do update set units = excluded.units
        """,
        where,
    )
