"""The journal cannot be changed unseen: whoever owns the database tries everything."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.factories import TESTER

from ovunque.platform import journal
from ovunque.platform.database import Database
from ovunque.platform.journal import Fact
from ovunque.platform.sealing import signing, store
from ovunque.platform.sealing.checking import check_seals
from ovunque.platform.sealing.model import Verdict
from ovunque.platform.sealing.sealing import SUBSCRIBER, link, marks_of, seal, seal_and_sign
from ovunque.platform.sealing.signing import Signer, open_signer, read_told

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS, LINKS = 40, 4  # Ten rows under each of four seals.

Meddle = Callable[[psycopg.Connection[Any]], object]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path / "home", b"s" * 32)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "seals.jsonl"


@pytest.fixture
def house(database: Database, signer: Signer, told: Path) -> Database:
    """Forty facts under four seals, each of them signed and told outside."""
    for nth in range(LINKS):
        for n in range(ROWS // LINKS):
            write(database, f"thing-{nth}-{n}")
        assert seal_and_sign(database, signer, told, at(nth)) == ROWS // LINKS
    return database


def at(hours: int) -> Callable[[], datetime]:
    return lambda: NOON + timedelta(hours=hours)


def write(database: Database, subject: str) -> None:
    fact = Fact(kind="thing.happened", subject=subject, body={"subject": subject})
    database.transact(lambda tx: journal.record(tx, [fact], by=TESTER.name, at=NOON))


def look(house: Database, signer: Signer, told: Path) -> Verdict:
    return check_seals(house, signer.public, tuple(read_told(told)))


def test_a_journal_that_nobody_touched_is_as_it_was_sealed(
    house: Database, signer: Signer, told: Path
) -> None:
    verdict = look(house, signer, told)
    assert verdict.wrong is None
    assert (verdict.rows, verdict.seals, verdict.roots) == (ROWS, LINKS, 2 * LINKS)
    write(house, "late")
    assert look(house, signer, told).unsealed == 1


CHANGE = "update journal set {} where subject = 'thing-1-3'"
SWAP = """
update journal as one set body = other.body, subject = other.subject from journal as other
 where (one.subject, other.subject) in (('thing-1-3', 'thing-1-4'), ('thing-1-4', 'thing-1-3'))
"""
PUSH_IN = """
insert into journal (epoch, writer, position, at, kind, actor, subject, body)
overriding system value
select epoch, writer, position + 1000000, at, kind, actor, 'made-up', body from journal
 where subject = 'thing-1-3'
"""
CUT = """
delete from journal where subject like 'thing-3-%'; delete from seal_root where nth = 4;
delete from seal where nth = 4
"""
TABLES = ("journal", "seal", "seal_root")
MEDDLING = {
    "a body is changed": (CHANGE.format("body = '{}'"), "thing-1-3", "not what was written"),
    "an actor is changed": (CHANGE.format("actor = 'me'"), "thing-1-3", "not what was written"),
    "an instant is changed": (
        CHANGE.format("at = at + interval '1 microsecond'"),
        "thing-1-3",
        "not what was written",
    ),
    "a letter moves to the next field": (
        CHANGE.format("kind = 'thing.happene', actor = 'd' || actor"),
        "thing-1-3",
        "not what was written",
    ),
    "a row is deleted": (
        "delete from journal where subject = 'thing-1-3'",
        "thing-1-4",
        "before it are gone",
    ),
    "two rows are swapped": (SWAP, "", "not what was written"),
    "a row is pushed in": (PUSH_IN, "made-up", "pushed in"),
    "the rows of a seal are deleted": (
        "delete from journal where subject like 'thing-2-%'",
        "",
        "are gone",
    ),
    "the tail is cut, rows only": (
        "delete from journal where subject like 'thing-3-%'",
        "",
        "are gone",
    ),
    "the tail is cut with its seals": (
        CUT,
        "",
        "tail was cut",
    ),
    "all seals are deleted": (
        "delete from seal_root; delete from seal; delete from journal",
        "",
        "tail was cut",
    ),
    "a seal is deleted": (
        "delete from seal_root where nth = 2; delete from seal where nth = 2",
        "",
        "seal 2 that follows it is gone",
    ),
}


def test_whoever_meddles_is_found(
    house: Database, database_url: str, signer: Signer, told: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"create table kept_{table} as table {table}".encode())
        for name, (statements, subject, what) in MEDDLING.items():
            for statement in statements.split(";"):
                owner.execute(statement.encode())
            wrong = look(house, signer, told).wrong
            print(f"{name}: {wrong}")
            assert wrong is not None, name
            assert subject in wrong.subject, name
            assert what in wrong.what, name
            put_back(owner)
    assert look(house, signer, told).wrong is None


def put_back(owner: psycopg.Connection[Any]) -> None:
    owner.execute("truncate seal_root, seal, journal")
    for table in TABLES:
        kept = f"insert into {table} overriding system value select * from kept_{table}"
        owner.execute(kept.encode())


def seal_again(owner: psycopg.Connection[Any], signer: Signer) -> None:
    """All that somebody can do who owns the database, but not the file outside nor the key."""
    roots, before = {}, bytes(32)
    for each in store.list_seals(owner, 0, 100):
        after = store.list_seals(owner, each.nth - 2, 1)[0].end if each.nth > 1 else each.end
        if each.nth == 1:
            after = type(after)(1, 0, 0)
        digests = store.digests_between(owner, after, each.end)
        before = link(before, digests)
        owner.execute(
            "update seal set hash = %s, marks = %s, rows = %s where nth = %s",
            [before, marks_of(digests), len(digests) // 32, each.nth],
        )
        roots[each.nth] = before
    for seal_ in store.list_seals(owner, 0, 100):
        root = signer.sign(seal_, seal_.at)
        owner.execute(
            "update seal_root set signer = %s, signature = %s where nth = %s",
            [root.signer, root.signature, root.nth],
        )


def test_whoever_seals_again_with_another_key_is_found(
    house: Database, database_url: str, signer: Signer, told: Path, tmp_path: Path
) -> None:
    """The chain is whole again, and yet: the signatures are another's."""
    other = open_signer(tmp_path / "thief", b"t" * 32)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(CHANGE.format("body = '{}'").encode())
        seal_again(owner, other)
    wrong = look(house, signer, told).wrong
    assert wrong is not None
    assert "by another key, in seal 1" in wrong.what


def test_whoever_has_the_key_too_is_found_by_what_was_told(
    house: Database, database_url: str, signer: Signer, told: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(CHANGE.format("body = '{}'").encode())
        seal_again(owner, signer)
    wrong = look(house, signer, told).wrong
    assert wrong is not None
    assert "is not what was told outside with seal 2" in wrong.what
    assert wrong.at == store_end(house, 1), "what was vouched for is named"


def store_end(house: Database, nth: int) -> object:
    return house.read(lambda tx: store.list_seals(tx, nth - 1, 1))[0].end


@pytest.mark.parametrize("table", ["seal", "seal_root", "journal"])
@pytest.mark.parametrize("what", ["delete from {}", "update {} set at = now()"])
def test_who_serves_requests_can_change_neither_journal_nor_seals(
    house: Database, table: str, what: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.transact(lambda tx: tx.execute(what.format(table).encode()))


def test_what_is_not_settled_is_not_sealed(database: Database, signer: Signer) -> None:
    """A writer that is still at work may yet write before what others have written."""
    fact = Fact(kind="x", subject="x", body={})
    with database.connect() as slow:
        slow.execute("begin")
        slow.execute("select pg_current_xact_id()")
        database.transact(lambda tx: journal.record(tx, [fact], by="x", at=NOON))
        assert database.transact(lambda tx: seal(tx, NOON)) == 0
        journal.record(slow, [fact], by="y", at=NOON)
        slow.execute("commit")
    assert database.transact(lambda tx: seal(tx, NOON)) == 2
    assert check_seals(database, signer.public, ()).wrong is None


def test_two_workers_never_seal_the_same_rows(database: Database, signer: Signer) -> None:
    fact = Fact(kind="x", subject="x", body={})
    database.transact(lambda tx: journal.record(tx, [fact] * 3, by="x", at=NOON))
    database.transact(lambda tx: journal.lock_cursor(tx, SUBSCRIBER))  # It is there from now on.
    with database.connect() as other, other.transaction():
        assert journal.lock_cursor(other, SUBSCRIBER) is not None
        assert database.transact(lambda tx: seal(tx, NOON)) == 0
    assert database.transact(lambda tx: seal(tx, NOON, rows_max=2)) == 2
    assert database.transact(lambda tx: seal(tx, NOON)) == 1
    assert check_seals(database, signer.public, ()).wrong is None


def test_a_restored_journal_goes_on_in_its_next_epoch(
    house: Database, database_url: str, signer: Signer, told: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("update journal_epoch set epoch = epoch + 2")
    fact = Fact(kind="x", subject="x", body={})
    house.transact(lambda tx: journal.record(tx, [fact], by="x", at=NOON))
    later = NOON + timedelta(days=1)
    assert seal_and_sign(house, signer, told, lambda: later) == 1
    verdict = look(house, signer, told)
    assert (verdict.wrong, verdict.rows) == (None, ROWS + 1)


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    one = open_signer(tmp_path, b"a" * 32)
    assert open_signer(tmp_path, b"b" * 32).public == one.public
    assert (tmp_path / "seal.key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["seal.key"]
    assert "_key" not in repr(one)
    assert signing.read_public(one.public.hex()) == one.public
