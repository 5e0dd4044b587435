"""Simulations and the orders that change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from ovunque.platform.database import Tx, document
from ovunque.simulation.model import Simulation
from ovunque.simulation.replaying import Changed

COLUMNS = """
  id, strategies, source, state, total, done, result, reason, attempts, asked_by, asked_at, ended_at
"""
NAMES = tuple(each.strip() for each in COLUMNS.split(","))
LEASE = timedelta(minutes=2)


def add(tx: Tx, each: Simulation) -> None:
    tx.execute(
        """
        insert into simulation (id, strategies, source, state, asked_by, asked_at)
        values (%(id)s, %(strategies)s, %(source)s, %(state)s, %(asked_by)s, %(asked_at)s)
        """,
        {
            "id": each.id,
            "strategies": msgspec.json.encode(each.strategies).decode(),
            "source": msgspec.json.encode(each.source).decode(),
            "state": each.state,
            "asked_by": each.asked_by,
            "asked_at": each.asked_at,
        },
    )


def find(tx: Tx, id_: UUID) -> Simulation | None:
    row = tx.execute(f"select {COLUMNS} from simulation where id = %(id)s", {"id": id_}).fetchone()
    return _simulation(row) if row else None


def list_simulations(tx: Tx, before: UUID | None, limit: int) -> tuple[Simulation, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from simulation
         where %(before)s::uuid is null or id < %(before)s::uuid
         order by id desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    )
    return tuple(map(_simulation, rows))


def count_open(tx: Tx) -> int:
    row = tx.execute(
        "select count(*) from simulation where state in ('waiting', 'running')"
    ).fetchone()
    return int(row[0]) if row else 0


def is_due(tx: Tx, now: datetime) -> bool:
    """Whether one waits, or lost whoever ran it."""
    row = tx.execute(
        """
        select exists (select from simulation
                        where state = 'waiting' or (state = 'running' and alive_at < %(dead)s))
        """,
        {"dead": now - LEASE},
    ).fetchone()
    return bool(row and row[0])


def claim(tx: Tx, now: datetime) -> Simulation | None:
    """The one that waits longest, or whose runner has died; ours for a while."""
    row = tx.execute(
        f"""
        update simulation
           set state = 'running', alive_at = %(now)s, attempts = attempts + 1,
               done = 0, total = 0, result = null
         where id = (select id from simulation
                      where state = 'waiting'
                         or (state = 'running' and alive_at < %(dead)s)
                      order by id limit 1 for update skip locked)
        returning {COLUMNS}
        """,
        {"now": now, "dead": now - LEASE},
    ).fetchone()
    return _simulation(row) if row else None


def save_progress(tx: Tx, each: Simulation, now: datetime) -> bool:
    """How far this attempt is; False when it is not ours any more."""
    return bool(
        tx.execute(
            """
            update simulation
               set total = %(total)s, done = %(done)s, result = %(result)s, alive_at = %(now)s
             where id = %(id)s and state = 'running' and attempts = %(attempts)s
            """,
            {
                "id": each.id,
                "attempts": each.attempts,
                "total": each.total,
                "done": each.done,
                "result": document(each.result or {}),
                "now": now,
            },
        ).rowcount
    )


def end(tx: Tx, id_: UUID, state: str, reason: str | None, now: datetime) -> bool:
    """False when it was over already."""
    return bool(
        tx.execute(
            """
            update simulation set state = %(state)s, reason = %(reason)s, ended_at = %(now)s
             where id = %(id)s and state in ('waiting', 'running')
            """,
            {"id": id_, "state": state, "reason": reason, "now": now},
        ).rowcount
    )


def add_changed(tx: Tx, id_: UUID, changed: Sequence[Changed]) -> None:
    """The orders that change, as they came."""
    rows = [
        {
            "nth": nth,
            "reference": each.reference,
            "strategy": each.arm,
            "before": each.before,
            "after": each.after,
            "cents": each.cents,
            "grams": each.grams,
            "minutes": each.minutes,
        }
        for nth, each in enumerate(changed, 1)
    ]
    tx.execute(
        """
        insert into simulation_order (simulation_id, nth, reference, strategy, before, after,
                                      cents, grams, minutes)
        select %(id)s, nth, reference, strategy, before, after, cents, grams, minutes
          from json_to_recordset(%(rows)s)
            as told (nth int, reference text, strategy text, before text[], after text[],
                     cents int, grams int, minutes int)
        """,
        {"id": id_, "rows": document(rows)},
    )


def list_changed(tx: Tx, id_: UUID, after: int, limit: int) -> tuple[tuple[int, Changed], ...]:
    """The orders that change behind a number, with theirs."""
    rows = tx.execute(
        """
        select nth, reference, strategy, before, after, cents, grams, minutes
          from simulation_order
         where simulation_id = %(id)s and nth > %(after)s order by nth limit %(limit)s
        """,
        {"id": id_, "after": after, "limit": limit},
    )
    return tuple((row[0], _changed(row)) for row in rows)


def list_worst(tx: Tx, id_: UUID, limit: int) -> tuple[Changed, ...]:
    """Those whose cost changes most."""
    rows = tx.execute(
        """
        select nth, reference, strategy, before, after, cents, grams, minutes
          from simulation_order
         where simulation_id = %(id)s order by abs(cents) desc, nth limit %(limit)s
        """,
        {"id": id_, "limit": limit},
    )
    return tuple(map(_changed, rows))


def forget(tx: Tx, before: datetime) -> None:
    tx.execute("delete from simulation where ended_at < %(before)s", {"before": before})


def _changed(row: Sequence[Any]) -> Changed:
    _, reference, strategy, before, after, cents, grams, minutes = row
    return Changed(
        reference=reference,
        arm=strategy,
        before=tuple(before),
        after=tuple(after),
        cents=cents,
        grams=grams,
        minutes=minutes,
    )


def _simulation(row: Sequence[Any]) -> Simulation:
    return msgspec.convert(dict(zip(NAMES, row, strict=True)), Simulation)
