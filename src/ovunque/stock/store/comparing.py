"""Levels as packed numbers: a row for each item, so that millions are read in seconds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.platform.database import Tx
from ovunque.stock.model.comparing import LevelNumbers, Numbering

DENSE = 4  # Beside an item that is told of, so many others may lie.
EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from the year 2000.
LAYOUTS_MAX = 1_000
BYTES_OF_ID = 16
NOWHERE = -(1 << 62)  # The place of a location that has no number: no key says so.

# Levels come in their order by the index. Of a table that was just filled the server does not know
# that they also lie so, and would sort them.
BY_THE_INDEX = """
select set_config('enable_bitmapscan', %(on)s, true), set_config('enable_hashagg', %(on)s, true),
       set_config('enable_sort', %(on)s, true)
"""

Packed = tuple[str, bytes, bytes, bytes]


def list_plain(tx: Tx, numbering: Numbering, keys: NDArray[np.int64], horizon: int) -> LevelNumbers:
    """What stands of the levels with some keys, and of others between them.

    Not of levels that were never counted, nor of those that are short; and of none while somebody
    is still at work who was so at the horizon.
    """
    places = len(numbering.location_ids)
    items = np.unique(keys // places)
    first, last = items[0].item(), items[-1].item()
    between = DENSE * len(items) > last - first
    named = np.unique(keys % places)
    some = DENSE * len(named) <= places
    if not some:
        tx.execute(BY_THE_INDEX, {"on": "off"})
    rows = tx.cursor(binary=True).execute(
        f"""
        select sku, string_agg(uuid_send(location_id), ''), string_agg(int4send(on_hand), ''),
               string_agg(timestamptz_send(baseline_as_of), '')
          from stock_level
         where {"sku between %(first)s and %(last)s" if between else "sku = any(%(skus)s::text[])"}
           {"and location_id = any(%(location_ids)s::uuid[])" if some else ""}
           and on_hand >= unavailable + reserved and baseline_as_of > '-infinity'
           and (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %(horizon)s::bigint)
         group by sku
        """,
        {
            "first": numbering.skus[first],
            "last": numbering.skus[last],
            "skus": [] if between else [numbering.skus[item] for item in items.tolist()],
            "location_ids": [numbering.location_ids[at] for at in named.tolist()] if some else [],
            "horizon": horizon,
        },
    )
    tx.execute(BY_THE_INDEX, {"on": "on"})
    return unpacked(numbering, rows.fetchall())


def list_moved(tx: Tx, numbering: Numbering, since: datetime) -> LevelNumbers:
    """The levels that moved behind a moment, and when they did last, without their units.

    Those where units were adjusted because more left than had come moved at the end of time.
    """
    rows = tx.cursor(binary=True).execute(
        """
        select sku, string_agg(uuid_send(location_id), ''), string_agg(int4send(0), ''),
               string_agg(timestamptz_send(moment), '')
          from (select sku, location_id, max(occurred_at) as moment from stock_movement
                 where occurred_at > %(since)s
                 group by sku, location_id
                 union all
                select distinct sku, location_id, timestamptz 'infinity' from stock_movement
                 where source = 'unrecorded') as moved
         group by sku
        """,
        {"since": since},
    )
    return unpacked(numbering, rows.fetchall())


def unpacked(numbering: Numbering, rows: Sequence[Packed]) -> LevelNumbers:
    """The numbers of packed rows; what is not numbered is left out."""
    layouts = Layouts(numbering.location_ids)
    places = len(numbering.location_ids)
    keys: list[NDArray[np.int64]] = []
    units: list[bytes] = []
    moments: list[bytes] = []
    for sku, at, on_hand, as_of in rows:
        item = numbering.item_at.get(sku)
        if item is not None:
            keys.append(item * places + layouts[at])
            units.append(on_hand)
            moments.append(as_of)
    told = np.concatenate(keys) if keys else np.empty(0, np.int64)
    return LevelNumbers(
        keys=told,
        units=np.frombuffer(b"".join(units), ">i4").astype(np.int32),
        moments=shifted(np.frombuffer(b"".join(moments), ">i8").astype(np.int64)),
    )


def shifted(moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """From the epoch of PostgreSQL to ours; the end of time stays where it is."""
    endless = np.iinfo(np.int64).max
    return np.where(moments > endless - EPOCH_US, endless, moments + EPOCH_US)


class Layouts(dict[bytes, NDArray[np.int64]]):
    """The places behind packed ids: most items lie at the same ones, looked up once."""

    def __init__(self, location_ids: Iterable[UUID]) -> None:
        super().__init__()
        self._ids = np.array([each.bytes for each in location_ids], f"S{BYTES_OF_ID}")

    def __missing__(self, packed: bytes) -> NDArray[np.int64]:
        if len(self) >= LAYOUTS_MAX:
            self.clear()
        asked = np.frombuffer(packed, f"S{BYTES_OF_ID}")
        found = np.searchsorted(self._ids, asked)
        known = self._ids[np.minimum(found, len(self._ids) - 1)] == asked
        self[packed] = np.where(known, found, NOWHERE)
        return self[packed]
