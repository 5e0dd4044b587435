"""What is always true of the data, as queries that find where it is not.

One list for everyone: tests, the simulator, `ovunque check` and the hourly check in production.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from queue import SimpleQueue
from typing import LiteralString

from psycopg.types.json import Jsonb

from ovunque.platform.database import Tx

SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A truth in one sentence, and the query whose every row is a lie: one text column."""

    name: str
    sql: LiteralString


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An invariant that does not hold, how often, and the first places where."""

    invariant: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = "" if self.count <= len(self.examples) else f" and {self.count - SHOWN_MAX} more"
        return f"{self.invariant}: {'; '.join(self.examples)}{more}"


def find_violations(tx: Tx, invariants: Iterable[Invariant]) -> tuple[Violation, ...]:
    """Every invariant that does not hold now; the caller gives one view of the data for all."""
    found = []
    for invariant in invariants:
        rows = tx.execute(
            f"select lie, count(*) over () from ({invariant.sql}) as lies (lie) "
            "order by lie limit %(shown_max)s",
            {"shown_max": SHOWN_MAX},
        ).fetchall()
        if rows:
            examples = tuple(row[0] for row in rows)
            found.append(Violation(invariant=invariant.name, count=rows[0][1], examples=examples))
    return tuple(found)


def find_together(views: Sequence[Tx], invariants: Iterable[Invariant]) -> tuple[Violation, ...]:
    """The same by several hands: each asks in its own view of one moment what is still to ask."""
    free: SimpleQueue[Tx] = SimpleQueue()
    for view in views:
        free.put(view)

    def ask(invariant: Invariant) -> tuple[Violation, ...]:
        view = free.get()
        try:
            return find_violations(view, [invariant])
        finally:
            free.put(view)

    with ThreadPoolExecutor(len(views)) as hands:
        return tuple(chain.from_iterable(hands.map(ask, invariants)))


def save_check(tx: Tx, found: Iterable[Violation], now: datetime) -> None:
    """Leave what a look has found for whoever watches, in whichever process they ask."""
    broken = {each.invariant: each.count for each in found}
    tx.execute(
        """
        insert into invariant_check (at, found) values (%(now)s, %(found)s)
            on conflict (one) do update set at = excluded.at, found = excluded.found
         where invariant_check.at <= excluded.at
        """,
        {"now": now, "found": Jsonb(broken)},
    )


JOURNAL = (
    Invariant(
        name="the story of an order has no gaps",
        sql="""
        select timeline.order_id || ': ' || count(journal.order_seq) || ' facts, numbered to '
               || timeline.last_seq
          from timeline left join journal using (order_id)
         group by timeline.order_id, timeline.last_seq
        having count(journal.order_seq) <> timeline.last_seq
            or max(journal.order_seq) is distinct from timeline.last_seq
        """,
    ),
    Invariant(
        name="every fact of an order belongs to a timeline",
        sql="""
        select distinct journal.order_id::text
          from journal left join timeline using (order_id)
         where journal.order_id is not null and timeline.order_id is null
        """,
    ),
)
