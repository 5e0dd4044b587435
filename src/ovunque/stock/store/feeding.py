"""Feeds: weighed, held, decided, applied."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ovunque.platform.copying import copy
from ovunque.platform.database import Tx
from ovunque.stock.model import Count, CountColumns, Key
from ovunque.stock.model.feeding import Difference, Feed, FeedKind, FeedReason, FeedState, Weight
from ovunque.stock.store.merging import arrays, standing

COLUMNS = """
  id, source, kind, why, state, digest, rows, received_at, received_by, client_id, changed, found,
  booked, decided_at, decided_by, ended_at, undone_at, undone_by
"""


class Changing(NamedTuple):
    """What some counts would change at a location."""

    location_id: UUID
    levels: int
    moved: int
    zeroed: int
    known: int  # Units moved of levels that somebody has counted before.


def list_changing(tx: Tx, told: CountColumns) -> tuple[Changing, ...]:
    """By location what counts would change, but for levels that have a newer one."""
    rows = tx.execute(
        f"""
        with {standing(told)}
        select told.location_id, count(*),
               sum(abs(told.on_hand - coalesce(level.on_hand, 0)))::bigint,
               count(*) filter (where told.on_hand = 0 and level.on_hand > 0),
               coalesce(sum(abs(told.on_hand - level.on_hand)), 0)::bigint
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(on_hands)s::int[],
                      %(as_ofs)s::timestamptz[]) as told (sku, location_id, on_hand, as_of)
          left join level
            on (level.sku, level.location_id) = (told.sku, told.location_id)
         where told.on_hand <> coalesce(level.on_hand, 0)
           and coalesce(level.baseline_as_of, '-infinity') <= told.as_of
         group by told.location_id
        """,
        {**arrays(told), "named": sorted({*told.skus})},
    )
    return tuple(Changing(*row) for row in rows)


def list_standing(tx: Tx, location_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """The units that lie at some locations, and how many levels have any."""
    rows = tx.execute(
        """
        select location_id, coalesce(sum(on_hand), 0)::bigint, count(*) filter (where on_hand > 0)
          from stock_level where location_id = any(%(location_ids)s::uuid[]) group by location_id
        """,
        {"location_ids": list(location_ids)},
    )
    return {at: (units, levels) for at, units, levels in rows}


def find_open_feed(tx: Tx, source: str, digest: bytes) -> Feed | None:
    """The feed with the same content that nobody has brought to its end."""
    row = tx.execute(
        f"""
        select {COLUMNS} from stock_feed
         where (source, digest) = (%(source)s, %(digest)s) and ended_at is null
        """,
        {"source": source, "digest": digest},
    ).fetchone()
    return _feed(row) if row else None


def find_feed(tx: Tx, feed_id: UUID) -> Feed | None:
    row = tx.execute(
        f"select {COLUMNS} from stock_feed where id = %(id)s", {"id": feed_id}
    ).fetchone()
    return _feed(row) if row else None


def lock_feed(tx: Tx, feed_id: UUID) -> Feed | None:
    row = tx.execute(
        f"select {COLUMNS} from stock_feed where id = %(id)s for update", {"id": feed_id}
    ).fetchone()
    return _feed(row) if row else None


def list_feeds(
    tx: Tx, *, state: str | None, source: str | None, before: UUID | None, limit: int
) -> tuple[Feed, ...]:
    """Feeds that a person looks or has looked at, newest first."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from stock_feed
         where (%(state)s::text is null or state = %(state)s::text)
           and (%(source)s::text is null or source = %(source)s::text)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
         order by id desc
         limit %(limit)s
        """,
        {"state": state, "source": source, "before": before, "limit": limit},
    )
    return tuple(_feed(row) for row in rows)


def _feed(row: Sequence[Any]) -> Feed:
    id_, source, kind, why, state, digest, rows, received_at, received_by, client, *rest = row
    changed, found, booked, decided_at, decided_by, ended_at, undone_at, undone_by = rest
    return Feed(
        id=id_,
        source=source,
        kind=FeedKind(kind),
        why=FeedReason(why),
        state=FeedState(state),
        digest=bytes(digest),
        rows=rows,
        received_at=received_at,
        received_by=received_by,
        client_id=client,
        changed=changed,
        weights=msgspec.convert(found.get("weights", []), tuple[Weight, ...]),
        value_cents=found.get("value_cents"),
        booked=booked,
        decided_at=decided_at,
        decided_by=decided_by,
        ended_at=ended_at,
        undone_at=undone_at,
        undone_by=undone_by,
    )


def add_feed(tx: Tx, feed: Feed) -> None:
    tx.execute(
        """
        insert into stock_feed (id, source, kind, why, state, digest, rows, found,
                                received_at, received_by, client_id)
        values (%(id)s, %(source)s, %(kind)s, %(why)s, 'held', %(digest)s, %(rows)s, %(found)s,
                %(received_at)s, %(received_by)s, %(client_id)s)
        """,
        {
            "id": feed.id,
            "source": feed.source,
            "kind": feed.kind,
            "why": feed.why,
            "digest": feed.digest,
            "rows": feed.rows,
            "found": _found(feed),
            "received_at": feed.received_at,
            "received_by": feed.received_by,
            "client_id": feed.client_id,
        },
    )


def save_longer(tx: Tx, feed: Feed) -> None:
    """A held feed with more rows than it had."""
    tx.execute(
        "update stock_feed set rows = %(rows)s, found = %(found)s where id = %(id)s",
        {"id": feed.id, "rows": feed.rows, "found": _found(feed)},
    )


def _found(feed: Feed) -> str:
    found = {"weights": feed.weights, "value_cents": feed.value_cents}
    return msgspec.json.encode(found).decode()


def add_feed_counts(tx: Tx, feed_id: UUID, counts: Iterable[Count]) -> None:
    """Keep the rows of a held feed, as many as there are."""
    with tx.cursor().copy(
        "copy stock_feed_count (feed_id, sku, location_id, on_hand, as_of) from stdin"
    ) as copy:
        for each in counts:
            copy.write_row((feed_id, *each.key, each.on_hand, each.as_of))


def add_feed_columns(tx: Tx, feed_id: UUID, parts: Iterable[CountColumns]) -> None:
    """The same of rows that come as columns, each level once."""
    rows = (
        (feed_id, *row)
        for part in parts
        for row in zip(part.skus, part.location_ids, part.on_hands, part.as_ofs, strict=True)
    )
    copy(tx, "stock_feed_count (feed_id, sku, location_id, on_hand, as_of)", rows)


def add_feed_complete(tx: Tx, feed_id: UUID, complete: Mapping[UUID, datetime]) -> None:
    tx.execute(
        """
        insert into stock_feed_complete (feed_id, location_id, as_of)
        select %(feed_id)s, location_id, as_of
          from unnest(%(location_ids)s::uuid[], %(as_ofs)s::timestamptz[])
               as told (location_id, as_of)
        """,
        {
            "feed_id": feed_id,
            "location_ids": list(complete),
            "as_ofs": list(complete.values()),
        },
    )


def list_feed_complete(tx: Tx, feed_id: UUID) -> dict[UUID, datetime]:
    rows = tx.execute(
        "select location_id, as_of from stock_feed_complete where feed_id = %(id)s",
        {"id": feed_id},
    )
    return dict(rows.fetchall())


def remove_feed_counts(tx: Tx, feed_id: UUID, limit: int) -> tuple[Count, ...]:
    """Take the next rows of a feed, in the order of keys, to apply them."""
    rows = tx.execute(
        """
        with taken as (
          select sku, location_id from stock_feed_count
           where feed_id = %(id)s order by sku, location_id limit %(limit)s
        )
        delete from stock_feed_count as told using taken
         where told.feed_id = %(id)s
           and (told.sku, told.location_id) = (taken.sku, taken.location_id)
        returning told.sku, told.location_id, told.on_hand, told.as_of
        """,
        {"id": feed_id, "limit": limit},
    ).fetchall()
    counts = (
        Count(key=Key(sku, at), on_hand=on_hand, as_of=as_of) for sku, at, on_hand, as_of in rows
    )
    return tuple(sorted(counts, key=lambda each: each.key))


def save_decided(tx: Tx, feed_id: UUID, state: FeedState, actor: str, now: datetime) -> None:
    """A person has decided; what is rejected is dropped."""
    tx.execute(
        """
        update stock_feed
           set state = %(state)s, decided_at = %(now)s, decided_by = %(by)s,
               ended_at = case when %(state)s::text = 'rejected' then %(now)s::timestamptz end
         where id = %(id)s
        """,
        {"id": feed_id, "state": state, "by": actor, "now": now},
    )
    if state == FeedState.REJECTED:
        tx.execute("delete from stock_feed_count where feed_id = %(id)s", {"id": feed_id})


def save_applied(tx: Tx, feed_id: UUID, changed: int, ended_at: datetime | None) -> None:
    """So many levels more were changed; the last portion ends the feed."""
    tx.execute(
        """
        update stock_feed
           set changed = changed + %(changed)s, ended_at = %(ended_at)s,
               state = case when %(ended_at)s::timestamptz is null then state else 'applied' end
         where id = %(id)s
        """,
        {"id": feed_id, "changed": changed, "ended_at": ended_at},
    )


def list_differences(
    tx: Tx, feed_id: UUID, after: Key | None, limit: int
) -> tuple[Difference, ...]:
    """Where the counts of a held feed are not what we have, in the order of keys."""
    rows = tx.execute(
        """
        select told.sku, told.location_id, coalesce(level.on_hand, 0), told.on_hand, told.as_of
          from stock_feed_count as told
          left join stock_level as level
            on (level.sku, level.location_id) = (told.sku, told.location_id)
         where told.feed_id = %(id)s and told.on_hand <> coalesce(level.on_hand, 0)
           and (%(sku)s::text is null
                or (told.sku, told.location_id) > (%(sku)s::text, %(at)s::uuid))
         order by told.sku, told.location_id
         limit %(limit)s
        """,
        {
            "id": feed_id,
            "sku": after.sku if after else None,
            "at": after.location_id if after else None,
            "limit": limit,
        },
    )
    return tuple(
        Difference(key=Key(sku, at), on_hand=on_hand, told=told, as_of=as_of)
        for sku, at, on_hand, told, as_of in rows
    )
