"""Who tells us of stock, and what we have not heard."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ovunque.platform.database import Tx
from ovunque.stock.model.feeding import Reports, Source, SourceKind, SourceRequest

HEARD_EVERY = timedelta(seconds=10)  # Many tills are one source: its row must not be a queue.
COLUMNS = """
  code, kind, reports, picked_inside, posting_delay_s, clock_offset_ms, clock_skew_s,
  moved_percent_max, zeroed_percent_max, write_off_cents_max, clock_measured_ms, last_sequence,
  heard_at, counted_as_of, version
"""


def find_source(tx: Tx, code: str) -> Source | None:
    row = tx.execute(
        f"select {COLUMNS} from stock_source where code = %(code)s", {"code": code}
    ).fetchone()
    return _source(row) if row else None


def list_sources(tx: Tx, after: str, limit: int) -> tuple[Source, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from stock_source where code > %(after)s order by code limit %(limit)s
        """,
        {"after": after, "limit": limit},
    )
    return tuple(_source(row) for row in rows)


def _source(row: Sequence[Any]) -> Source:
    code, kind, reports, picked, delay, offset, skew, moved, zeroed, cents, *rest = row
    measured, last, heard_at, counted_as_of, version = rest
    return Source(
        code=code,
        kind=SourceKind(kind),
        reports=Reports(reports),
        picked_inside=picked,
        posting_delay_s=delay,
        clock_offset_ms=offset,
        clock_skew_s=skew,
        moved_percent_max=moved,
        zeroed_percent_max=zeroed,
        write_off_cents_max=cents,
        clock_measured_ms=measured,
        last_sequence=last,
        heard_at=heard_at,
        counted_as_of=counted_as_of,
        version=version,
    )


def add_source(tx: Tx, code: str) -> None:
    """A source that nobody has described: it is read by the defaults."""
    tx.execute(
        "insert into stock_source (code, version) values (%(code)s, 0) on conflict do nothing",
        {"code": code},
    )


def lock_source(tx: Tx, code: str) -> Source:
    row = tx.execute(
        f"select {COLUMNS} from stock_source where code = %(code)s for update", {"code": code}
    ).fetchone()
    assert row is not None, "a source is added before it is locked"
    return _source(row)


def save_source(tx: Tx, request: SourceRequest, version: int) -> None:
    tx.execute(
        """
        update stock_source
           set kind = %(kind)s, reports = %(reports)s, picked_inside = %(picked_inside)s,
               posting_delay_s = %(posting_delay_s)s, clock_offset_ms = %(clock_offset_ms)s,
               clock_skew_s = %(clock_skew_s)s, moved_percent_max = %(moved_percent_max)s,
               zeroed_percent_max = %(zeroed_percent_max)s,
               write_off_cents_max = %(write_off_cents_max)s, version = %(version)s
         where code = %(code)s
        """,
        {
            "code": request.code,
            "kind": request.kind,
            "reports": request.reports,
            "picked_inside": request.picked_inside,
            "posting_delay_s": request.posting_delay_s,
            "clock_offset_ms": request.clock_offset_ms,
            "clock_skew_s": request.clock_skew_s,
            "moved_percent_max": request.moved_percent_max,
            "zeroed_percent_max": request.zeroed_percent_max,
            "write_off_cents_max": request.write_off_cents_max,
            "version": version,
        },
    )


def save_heard(tx: Tx, code: str, now: datetime, counted_as_of: datetime | None = None) -> None:
    """A source spoke; told once every few seconds, and whenever its counts are newer."""
    tx.execute(
        """
        update stock_source
           set heard_at = %(now)s,
               counted_as_of = greatest(counted_as_of, %(as_of)s::timestamptz)
         where code = %(code)s
           and (heard_at is null or heard_at < %(before)s
                or %(as_of)s::timestamptz > coalesce(counted_as_of, '-infinity'))
        """,
        {"code": code, "now": now, "before": now - HEARD_EVERY, "as_of": counted_as_of},
    )


def save_measured(tx: Tx, code: str, clock_measured_ms: int) -> None:
    """How far its clock is ahead of ours."""
    tx.execute(
        "update stock_source set clock_measured_ms = %(ms)s where code = %(code)s",
        {"code": code, "ms": clock_measured_ms},
    )


def list_gaps(tx: Tx, sources: Sequence[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """The numbers that are missing, by source."""
    found: dict[str, list[tuple[int, int]]] = {}
    for source, first, last in tx.execute(
        """
        select source, first, last from stock_gap
         where source = any(%(sources)s::text[]) order by source, first
        """,
        {"sources": list(sources)},
    ):
        found.setdefault(source, []).append((first, last))
    return {source: tuple(gaps) for source, gaps in found.items()}


def list_sources_with_gaps(tx: Tx) -> tuple[tuple[Source, tuple[tuple[int, int], ...]], ...]:
    """The sources of which some numbers are missing."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from stock_source
         where code in (select source from stock_gap) order by code
        """
    ).fetchall()
    sources = [_source(row) for row in rows]
    gaps = list_gaps(tx, [each.code for each in sources])
    return tuple((each, gaps[each.code]) for each in sources if each.code in gaps)


def save_sequence(
    tx: Tx, source: Source, gaps: Sequence[tuple[int, int]], last: int, now: datetime
) -> None:
    """The highest number of a source, and those below it that are missing."""
    tx.execute(
        "update stock_source set last_sequence = %(last)s where code = %(code)s",
        {"code": source.code, "last": last},
    )
    tx.execute(
        """
        delete from stock_gap
         where source = %(source)s
           and (first, last) not in (select * from unnest(%(firsts)s::bigint[],
                                                          %(lasts)s::bigint[]))
        """,
        {"source": source.code, **_bounds(gaps)},
    )
    tx.execute(
        """
        insert into stock_gap (source, first, last, found_at)
        select %(source)s, first, last, %(now)s
          from unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) as gap (first, last)
            on conflict (source, first) do nothing
        """,
        {"source": source.code, "now": now, **_bounds(gaps)},
    )


def remove_gaps(tx: Tx, source: str, found_before: datetime) -> None:
    """What a full count has made up for."""
    tx.execute(
        "delete from stock_gap where source = %(source)s and found_at <= %(before)s",
        {"source": source, "before": found_before},
    )


def _bounds(gaps: Sequence[tuple[int, int]]) -> dict[str, list[int]]:
    return {"firsts": [first for first, _ in gaps], "lasts": [last for _, last in gaps]}
