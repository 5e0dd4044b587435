"""The runs of imports in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ovunque.integrations.files.kind import Saved
from ovunque.integrations.files.runs import PastRun, Run, RunKey, State
from ovunque.platform.database import Tx
from ovunque.stock.model import Key

RUN = """
select id, kind, source, content_sha256, state, rows, bad, left_out, done, created, changed,
       unchanged, reason, paused_by
  from import_run
"""


def find_run(tx: Tx, id_: UUID) -> Run | None:
    row = tx.execute(f"{RUN} where id = %(id)s", {"id": id_}).fetchone()
    return _run(row) if row else None


def list_runs(
    tx: Tx, kinds: Sequence[str], before: UUID | None, limit: int, state: State | None
) -> tuple[PastRun, ...]:
    """Runs of some kinds, the newest first; one stands in the list as long as it is kept."""
    rows = tx.execute(
        """
        select id, kind, source, content_sha256, state, rows, bad, left_out, done, created,
               changed, unchanged, reason, paused_by, actor, started_at, ended_at
          from import_run
         where kind = any(%(kinds)s)
           and (%(state)s::text is null or state = %(state)s::text)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
         order by id desc
         limit %(limit)s
        """,
        {"kinds": list(kinds), "before": before, "limit": limit, "state": state},
    )
    return tuple(
        PastRun(run=_run(row[:-3]), actor=row[-3], started_at=row[-2], ended_at=row[-1])
        for row in rows
    )


def find_open_run(tx: Tx, key: RunKey) -> Run | None:
    """The run through the same content that has not come to its end."""
    row = tx.execute(
        f"""
        {RUN} where (kind, source, content_sha256) = (%(kind)s, %(source)s, %(sha256)s)
               and state in ('checking', 'applying')
        """,
        asdict(key),
    ).fetchone()
    return _run(row) if row else None


def _run(row: Sequence[Any]) -> Run:
    id_, kind, source, sha256, state, rows, bad, left_out, *rest = row
    done, created, changed, unchanged, reason, paused_by = rest
    return Run(
        id=id_,
        key=RunKey(kind, source, bytes(sha256)),
        state=State(state),
        rows=rows,
        bad=bad,
        left_out=bytes(left_out),
        done=done,
        created=created,
        changed=changed,
        unchanged=unchanged,
        reason=reason,
        paused_by=paused_by,
    )


def add_run(tx: Tx, id_: UUID, key: RunKey, actor: str, at: datetime) -> bool:
    """False when that run, or another one through the same content, stands already."""
    added = tx.execute(
        """
        insert into import_run (id, kind, source, content_sha256, state, actor, started_at)
        values (%(id)s, %(kind)s, %(source)s, %(sha256)s, 'checking', %(actor)s, %(at)s)
        on conflict do nothing
        """,
        {"id": id_, "actor": actor, "at": at, **asdict(key)},
    )
    return added.rowcount == 1


def lock_run(tx: Tx, id_: UUID) -> Run | None:
    row = tx.execute(f"{RUN} where id = %(id)s for update", {"id": id_}).fetchone()
    return _run(row) if row else None


def save_paused(tx: Tx, id_: UUID, actor: str | None, at: datetime) -> None:
    """Have a run wait in somebody's name, or go on."""
    tx.execute(
        """
        update import_run
           set paused_by = %(actor)s, paused_at = case when %(actor)s::text is not null
                                                       then %(at)s::timestamptz end
         where id = %(id)s
        """,
        {"id": id_, "actor": actor, "at": at},
    )


def save_checked(tx: Tx, run: Run) -> bool:
    """The run goes on to apply what was found good; false when somebody has it wait."""
    checked = tx.execute(
        """
        update import_run
           set state = 'applying', rows = %(rows)s, bad = %(bad)s, left_out = %(left_out)s,
               done = %(done)s, created = %(created)s, changed = %(changed)s,
               unchanged = %(unchanged)s
         where id = %(id)s and state in ('checking', 'applying') and paused_at is null
        """,
        {
            "id": run.id,
            "rows": run.rows,
            "bad": run.bad,
            "left_out": run.left_out,
            "done": run.done,
            "created": run.created,
            "changed": run.changed,
            "unchanged": run.unchanged,
        },
    )
    return checked.rowcount == 1


def save_progress(tx: Tx, id_: UUID, before: int, rows: int, saved: Saved) -> bool:
    """Count a portion, in its own transaction; false when the run does not stand where it did."""
    moved = tx.execute(
        """
        update import_run
           set done = done + %(rows)s, created = created + %(created)s,
               changed = changed + %(changed)s, unchanged = unchanged + %(unchanged)s
         where id = %(id)s and state = 'applying' and done = %(before)s and paused_at is null
        """,
        {
            "id": id_,
            "before": before,
            "rows": rows,
            "created": saved.created,
            "changed": saved.changed,
            "unchanged": saved.unchanged,
        },
    )
    return moved.rowcount == 1


def save_done(tx: Tx, id_: UUID, at: datetime) -> None:
    tx.execute(
        "update import_run set state = 'done', ended_at = %(at)s where id = %(id)s",
        {"id": id_, "at": at},
    )


def save_failed(tx: Tx, run: Run, at: datetime) -> None:
    """What was applied before it failed stays, and stays counted."""
    tx.execute(
        """
        update import_run
           set state = %(state)s, ended_at = %(at)s, reason = %(reason)s,
               rows = greatest(done, %(rows)s), bad = %(bad)s
         where id = %(id)s
        """,
        {
            "id": run.id,
            "state": run.state,
            "at": at,
            "reason": run.reason,
            "rows": run.rows,
            "bad": run.bad,
        },
    )


def list_names(tx: Tx, kind: str, source: str) -> dict[str, str]:
    """What a source calls our columns in files of a kind."""
    rows = tx.execute(
        "select theirs, ours from import_name where (kind, source) = (%(kind)s, %(source)s)",
        {"kind": kind, "source": source},
    )
    return dict(rows.fetchall())


def save_names(tx: Tx, kind: str, source: str, renames: Mapping[str, str]) -> None:
    tx.execute(
        """
        insert into import_name as known (kind, source, theirs, ours)
        select %(kind)s, %(source)s, theirs, ours
          from unnest(%(theirs)s::text[], %(ours)s::text[]) as told (theirs, ours)
         order by theirs
            on conflict (kind, source, theirs) do update set ours = excluded.ours
        """,
        {
            "kind": kind,
            "source": source,
            "theirs": list(renames),
            "ours": list(renames.values()),
        },
    )


def try_lock_content(tx: Tx, number: int) -> bool:
    """Hold a content for as long as the connection lives; false when somebody else does."""
    row = tx.execute("select pg_try_advisory_lock(%(number)s)", {"number": number}).fetchone()
    return bool(row and row[0])


def lock_content(tx: Tx, number: int) -> None:
    """Wait until nobody else holds it."""
    tx.execute("select set_config('lock_timeout', '0', false)")
    tx.execute("select set_config('statement_timeout', '0', false)")
    tx.execute("select pg_advisory_lock(%(number)s)", {"number": number})


def allow_patience(tx: Tx) -> None:
    """A portion may wait for the locks of a busy hour; nobody waits for its answer."""
    tx.execute(
        "select set_config('lock_timeout', '20s', true), "
        "set_config('statement_timeout', '60s', true), "
        "set_config('idle_in_transaction_session_timeout', '60s', true)"
    )


class Level(NamedTuple):
    """What lies where, and since when that is a count: none if it moved since, or never was."""

    key: Key
    on_hand: int
    counted_at: datetime | None


def list_levels(tx: Tx, after: Key, limit: int) -> tuple[Level, ...]:
    """The levels behind a key, in the order of keys."""
    rows = tx.execute(
        """
        select sku, location_id, on_hand,
               case when on_hand = baseline and baseline_as_of > '-infinity'
                    then baseline_as_of end
          from stock_level
         where (sku, location_id) > (%(sku)s, %(location_id)s)
         order by sku, location_id
         limit %(limit)s
        """,
        {"sku": after.sku, "location_id": after.location_id, "limit": limit},
    )
    return tuple(Level(Key(sku, at), on_hand, as_of) for sku, at, on_hand, as_of in rows)
