"""Where runs are played: a database of the town, set back after each run instead of made anew.

What a session has planned, and what it knows of the tables, serves the next run as well: that was
more than a third of the server's work. What depends on where a row happens to lie would tell
another story here than in a new database: `test_a_storm_is_the_same_in_another_process`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
from tests.storms.database import leave

from ovunque.platform.database import Tx
from ovunque.platform.embedded import Cluster

TEMPLATE = "template_storms"
RUNS_MAX = 12  # In one database: what was deleted stays in its way.
BEGUN = "begun"  # The schema that keeps what was there at the beginning, and the way back to it.

TABLES = """
select quote_ident(table_schema) || '.' || quote_ident(table_name),
       quote_ident(table_schema || '__' || table_name),
       string_agg(quote_ident(column_name), ', ' order by ordinal_position)
  from information_schema.tables join information_schema.columns
       using (table_schema, table_name)
 where table_type = 'BASE TABLE' and is_generated = 'NEVER'
   and table_schema not in ('pg_catalog', 'information_schema')
 group by table_schema, table_name
 order by table_schema, table_name
"""
SEQUENCES = """
select quote_ident(schemaname) || '.' || quote_ident(sequencename),
       coalesce(last_value, start_value), last_value is not null
  from pg_sequences order by schemaname, sequencename
"""

_numbers = count()


@dataclass
class Stage:
    """A database, and the session that sets it back."""

    name: str
    owner: Tx
    set_back_in: int = 0  # The transaction: a row of a later one was written by a run.
    runs: int = 0

    def set_back(self) -> None:
        ((self.set_back_in,),) = self.owner.execute(
            f"select {BEGUN}.set_back(%s)", [self.set_back_in]
        ).fetchall()


_waiting: dict[str, list[Stage]] = {}


@contextmanager
def fresh(town: Cluster, *, alone: bool = False) -> Iterator[str]:
    """The town as it was in the beginning; `alone` for whoever changes more than its rows."""
    waiting = _waiting.setdefault(town.url(TEMPLATE), [])
    stage = waiting.pop() if waiting and not alone else set_up(town)
    stage.runs += 1
    yield town.url(stage.name)
    if alone or stage.runs == RUNS_MAX:
        take_down(town, stage)
    else:
        stage.set_back()
        waiting.append(stage)


def set_up(town: Cluster) -> Stage:
    name = f"storm_{next(_numbers)}"
    with psycopg.connect(town.url("postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name} template {TEMPLATE} strategy wal_log")
    session = psycopg.connect(town.url(name), autocommit=True)
    session.execute("set session_replication_role = replica")  # Neither triggers nor references.
    ((begun,),) = session.execute("select pg_current_xact_id()::text::bigint").fetchall()
    return Stage(name, session, begun)


def take_down(town: Cluster, stage: Stage) -> None:
    leave(town.url(stage.name))
    stage.owner.close()
    with psycopg.connect(town.url("postgres"), autocommit=True) as owner:
        owner.execute(f"drop database {stage.name} with (force)")


def remember(owner: Tx) -> None:
    """Keep all there is in the beginning, and make the function that sets it back."""
    owner.execute(f"create schema {BEGUN}")
    tables = owner.execute(TABLES).fetchall()
    for name, kept, columns in tables:
        owner.execute(f"create table {BEGUN}.{kept} as select {columns} from {name}")
    sequences = [
        f"perform setval('{name}', {at}, {str(called).lower()});"
        for name, at, called in owner.execute(SEQUENCES)
    ]
    owner.execute(way_back(tables, sequences))


def way_back(tables: list[tuple[str, str, str]], sequences: list[str]) -> str:
    """A table nothing was written into is left as it is: that costs no more than to look."""
    each = [
        f"""if exists (select from {name} where xmin::text::bigint > written_since)
           or (select count(*) from {name}) <> (select count(*) from {BEGUN}.{kept}) then
             delete from {name};
             insert into {name} ({columns}) overriding system value
             select {columns} from {BEGUN}.{kept};
           end if;"""
        for name, kept, columns in tables
    ]
    steps = "\n".join([*each, *sequences, "return pg_current_xact_id()::text::bigint;"])
    return (
        f"create function {BEGUN}.set_back(written_since bigint) returns bigint"
        f" language plpgsql as $way$ #variable_conflict use_column\nbegin {steps} end $way$"
    )
