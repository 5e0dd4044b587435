"""Rows on their way: what arrives is what was sent, whatever it is."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ovunque.app  # noqa: F401 - with all that serves requests
from ovunque.platform.database import Database, Link
from ovunque.platform.row_types import KINDS, RowType

# What a text of the database may hold: no NUL, no half of a pair.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
VALUES = {
    "uuid": st.uuids(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "date": st.dates(),
    "timestamptz": INSTANTS,
    "text": TEXTS,
    "bytea": st.binary(),
    "jsonb": st.dictionaries(TEXTS, st.none() | st.integers(-(2**53), 2**53) | TEXTS),
}
COLUMNS = [(kind, mark) for kind in VALUES for mark in ("", "?")]
ODD = RowType("odd_row", ", ".join(f"c{n} {k}{mark}" for n, (k, mark) in enumerate(COLUMNS)))
ROW = st.tuples(*(st.none() | VALUES[kind] if mark else VALUES[kind] for kind, mark in COLUMNS))


def own_types() -> list[RowType]:
    """Those of all modules that serve requests."""
    modules = [each for name, each in sys.modules.items() if name.startswith("ovunque.")]
    return [each for one in modules for each in vars(one).values() if isinstance(each, RowType)]


@pytest.fixture
def odd(database_url: str, database: Database) -> Iterator[Link]:
    """A connection whose database has a type with a column of each kind, and of each maybe."""
    columns = ", ".join(f"c{nth} {kind}" for nth, (kind, _) in enumerate(COLUMNS))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(f"create type odd_row as ({columns})".encode())
    with Link.connect(database.conninfo, autocommit=True) as connection:
        yield connection


@given(rows=st.lists(ROW, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_arrives_is_what_was_sent(odd: Link, rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(f"c{nth}" for nth in range(len(COLUMNS)))
    found = odd.execute(
        f"select {names} from unnest(%(rows)s::odd_row[])".encode(), {"rows": ODD(rows)}
    )
    assert found.fetchall() == rows


def test_every_kind_is_tried() -> None:
    assert VALUES.keys() == KINDS.keys()


def test_the_database_has_each_type_as_it_is_told_here(database: Database) -> None:
    """In this order and of these kinds: a value in the place of another would arrive as that."""
    told = {
        each.name: [(name, kind.rstrip("?")) for name, kind in each.columns] for each in own_types()
    }
    assert len(told) > 10
    kept: dict[str, list[tuple[str, str]]] = {}
    for type_, name, kind in database.read(
        lambda tx: tx.execute(
            """
            select typname, attname, replace(replace(format_type(atttypid, null),
                   'integer', 'int'), 'timestamp with time zone', 'timestamptz')
              from pg_type join pg_attribute on attrelid = typrelid
              join pg_class on pg_class.oid = typrelid
             where relkind = 'c' and typname like '%\\_row' order by typname, attnum
            """
        ).fetchall()
    ):
        kept.setdefault(type_, []).append((name, kind))
    assert told == kept


@pytest.mark.parametrize("wrong", ["a\0b", "\ud800"])
def test_a_text_that_no_database_takes_is_an_error_and_not_another_text(
    database: Database, wrong: str
) -> None:
    keys = RowType("answer_key_row", "client_id uuid, key text")
    with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
        database.read(
            lambda tx: tx.execute(
                "select key from unnest(%(rows)s::answer_key_row[])",
                {"rows": keys([(UUID(int=1), wrong)])},
            ).fetchall()
        )


def test_an_instant_is_exact_to_the_microsecond(odd: Link) -> None:
    at = datetime(1, 1, 1, 0, 0, 0, 1, UTC)
    facts = RowType("decision_row", "order_id uuid, nth int, decided_at timestamptz, body jsonb")
    found = odd.execute(
        "select decided_at, body from unnest(%(rows)s::decision_row[])",
        {"rows": facts([(UUID(int=0), 1, at, {"on": date(2026, 1, 2)})])},
    ).fetchone()
    assert found == (at, {"on": "2026-01-02"})
