"""SQL in stores and migrations keeps the rules of `sql.py`."""

from collections.abc import Iterable

import pytest
from tests.house import sql
from tests.house.source import ROOT, SRC, Module, keeps, read, texts


def wrong_sql(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.at(node)}: {finding}"
        for module in modules
        for node, text in texts(module)
        if sql.is_sql(text) or module.stem == "store"
        for finding in sql.findings(text)
    ]


def test_sql_in_the_source_keeps_the_rules() -> None:
    keeps(wrong_sql(read(SRC)))


def test_migrations_keep_the_rules() -> None:
    files = (ROOT / "src/ovunque/migrations").glob("*.sql")
    keeps(sql.migration_findings((file.name, file.read_text("utf-8")) for file in files))


@pytest.mark.parametrize(
    "text",
    [
        "update job set due_at = now() where key = %(key)s",
        "select key from job where due_at < current_timestamp",
        "insert into job (key, at) values (%(key)s, clock_timestamp())",
        "insert into item (id) values (gen_random_uuid())",
        "select key from job order by random()",
        "select uuidv7() from job",
        "merge into job using told on true when matched then delete returning key",
        "update job set state = 'parked' returning old.state",
        "select key from job limit 10",
        "select key from (select key from job limit %(rows_max)s) as few order by key",
        "SELECT key FROM job",
        "insert INTO job (key) values (%(key)s)",
    ],
)
def test_wrong_sql_is_found(text: str) -> None:
    assert len(wrong_sql([Module("stock/store.py", f"tx.execute({text!r})")])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "select key from job where due_at <= %(now)s order by due_at limit %(rows_max)s",
        "select key from (select key from job order by key limit 3) as few",
        "select pg_snapshot_xmin(pg_current_snapshot()) from journal -- not now()",
        "Select a location from the list",
        "update told set at = %(now)s where reason = 'random()'",
        "over the limit of 10",
    ],
)
def test_right_sql_passes(text: str) -> None:
    assert wrong_sql([Module("stock/store.py", f"tx.execute({text!r})")]) == []


def test_wrong_migrations_are_found() -> None:
    assert sql.migration_findings([("0001_a.sql", ""), ("0003_c.sql", "")]) == []
    assert sql.migration_findings([("0001_a.sql", ""), ("0001_b.sql", "")]) == [
        "0001_b.sql: a migration is 0007_what_it_brings.sql, with its own number"
    ]
    assert len(sql.migration_findings([("0001_a.sql", "create table a (price numeric);")])) == 1
    assert len(sql.migration_findings([("0001_a.sql", "CREATE table a (price int);")])) == 2
    assert (
        len(sql.migration_findings([("0001_a.sql", "alter table a add at date default now()")]))
        == 1
    )
    key = "create table note (order_id uuid references customer_order);"
    assert len(sql.migration_findings([("0001_a.sql", key)])) == 1
