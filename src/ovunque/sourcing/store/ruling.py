"""Strategies: drafts and what was published."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ovunque.platform.database import Tx, document
from ovunque.sourcing.model.ruling import Entry, Standing, Strategy, Version

VERSION = """
  number, document, published_at, published_by, starts_at, restores, share_percent, ended_at
"""


def lock_strategy(tx: Tx, code: str) -> bool:
    """Hold a strategy until the end of the transaction; whether there is one."""
    found = tx.execute(
        "select 1 from strategy where code = %(code)s for no key update", {"code": code}
    ).fetchone()
    return found is not None


def list_strategies(
    tx: Tx, after: str, limit: int, codes: Sequence[str] | None = None
) -> tuple[Standing, ...]:
    """Strategies in the order of their codes, with all that was published of each."""
    rows = tx.execute(
        """
        select code, edition, draft, drafted_by, drafted_at from strategy
         where code > %(after)s and (%(codes)s::text[] is null or code = any(%(codes)s))
         order by code limit %(limit)s
        """,
        {"after": after, "limit": limit, "codes": None if codes is None else list(codes)},
    ).fetchall()
    versions: dict[str, list[Version]] = {row[0]: [] for row in rows}
    published = tx.execute(
        f"""
        select code, {VERSION} from strategy_version
         where code = any(%(codes)s::text[]) and withdrawn_at is null
         order by code, number desc
        """,
        {"codes": list(versions)},
    )
    for code, *version in published:
        versions[code].append(_version(version))
    return tuple(
        Standing(
            code=code,
            edition=edition,
            draft=None if draft is None else msgspec.convert(draft, Strategy),
            drafted_by=drafted_by,
            drafted_at=drafted_at,
            versions=tuple(versions[code]),
        )
        for code, edition, draft, drafted_by, drafted_at in rows
    )


def list_counting(tx: Tx) -> tuple[Version, ...]:
    """What was published and counts now or may later, trials among them: not what others followed.

    What follows a trial has ended it.
    """
    rows = tx.execute(
        f"""
        select {VERSION} from strategy_version as version
         where withdrawn_at is null
           and not exists (select from strategy_version as newer
                            where newer.code = version.code and newer.withdrawn_at is null
                              and newer.share_percent = 100
                              and newer.number > version.number
                              and newer.starts_at <= version.starts_at)
         order by code, number
        """
    )
    return tuple(map(_version, rows))


def _version(row: Sequence[Any]) -> Version:
    number, document, published_at, published_by, starts_at, restores, share, ended_at = row
    return Version(
        number=number,
        strategy=msgspec.convert(document, Strategy),
        published_at=published_at,
        published_by=published_by,
        starts_at=starts_at,
        restores=restores,
        share_percent=share,
        ended_at=ended_at,
    )


def save_draft(tx: Tx, strategy: Strategy, drafted_by: str, now: datetime) -> None:
    """Create the strategy, or replace its draft."""
    tx.execute(
        """
        insert into strategy (code, draft, drafted_by, drafted_at)
        values (%(code)s, %(draft)s, %(by)s, %(now)s)
        on conflict (code) do update
           set draft = excluded.draft, drafted_by = excluded.drafted_by,
               drafted_at = excluded.drafted_at, edition = strategy.edition + 1
        """,
        {"code": strategy.code, "draft": _text(strategy), "by": drafted_by, "now": now},
    )


def remove_draft(tx: Tx, code: str) -> None:
    tx.execute(
        """
        update strategy
           set draft = null, drafted_by = null, drafted_at = null, edition = edition + 1
         where code = %(code)s
        """,
        {"code": code},
    )


def remove_strategy(tx: Tx, code: str) -> None:
    """Forget one of which nothing was ever published."""
    tx.execute("delete from strategy where code = %(code)s", {"code": code})


def add_version(tx: Tx, version: Version) -> None:
    tx.execute(
        """
        insert into strategy_version
               (code, number, document, published_at, published_by, starts_at, restores,
                share_percent)
        values (%(code)s, %(number)s, %(document)s, %(published_at)s, %(published_by)s,
                %(starts_at)s, %(restores)s, %(share)s)
        """,
        {
            "code": version.strategy.code,
            "number": version.number,
            "document": _text(version.strategy),
            "published_at": version.published_at,
            "published_by": version.published_by,
            "starts_at": version.starts_at,
            "restores": version.restores,
            "share": version.share_percent,
        },
    )


def save_trials_ended(tx: Tx, code: str, at: datetime) -> None:
    """Whatever is tried by then ends then, if not before."""
    tx.execute(
        """
        update strategy_version set ended_at = %(at)s
         where code = %(code)s and share_percent < 100 and withdrawn_at is null
           and starts_at <= %(at)s and (ended_at is null or ended_at > %(at)s)
        """,
        {"code": code, "at": at},
    )


def remove_scheduled(tx: Tx, code: str, now: datetime) -> Iterable[int]:
    """Withdraw what was to begin later; returns the numbers."""
    rows = tx.execute(
        """
        update strategy_version set withdrawn_at = %(now)s
         where code = %(code)s and starts_at > %(now)s and withdrawn_at is null
        returning number
        """,
        {"code": code, "now": now},
    )
    return sorted(row[0] for row in rows)


def count_versions(tx: Tx, code: str) -> int:
    """How many were published, those withdrawn included."""
    row = tx.execute(
        "select coalesce(max(number), 0) from strategy_version where code = %(code)s",
        {"code": code},
    ).fetchone()
    assert row is not None
    return int(row[0])


def add_trial_orders(tx: Tx, entries: Sequence[Entry]) -> None:
    """Which orders take part in which trials, and on which side."""
    tx.execute(
        """
        insert into trial_order (code, number, order_id, drawn)
        select code, number, order_id, drawn
          from json_to_recordset(%(rows)s)
            as told (code text, number int, order_id uuid, drawn boolean)
        """,
        {"rows": document(msgspec.to_builtins(entries))},
    )


def _text(strategy: Strategy) -> str:
    return msgspec.json.encode(strategy).decode()
