"""Keys: shown once, kept as a digest, gone for everyone when revoked."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from tests.factories import NOW, TESTER
from typer.testing import CliRunner

from ovunque.access.keeping import KeyRequest, create_key, list_keys, revoke_key, token_of
from ovunque.access.keyring import KeyRing
from ovunque.access.model import Actor, Scope
from ovunque.cli.keys import commands
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import clock, journal
from ovunque.platform.clock import new_secret
from ovunque.platform.database import Database

BEGINNING = journal.Cursor(1, 0, 0)


def asked(new_id: NewId, *scopes: Scope, expires_at: datetime | None = None) -> KeyRequest:
    return KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client="web shop",
        secret=new_secret(),
        scopes=frozenset(scopes or {Scope.ORDERS}),
        expires_at=expires_at,
    )


def ring_of(database: Database, now: datetime = NOW) -> KeyRing:
    ring = KeyRing(lambda: now)
    database.read(ring.load)
    return ring


def content(database: Database, table: str) -> str:
    rows = database.read(lambda tx: tx.execute(f"select {table}::text from {table}").fetchall())
    assert rows
    return str(rows)


def test_a_key_opens_what_its_scopes_name(database: Database, new_id: NewId) -> None:
    request = asked(new_id, Scope.ORDERS, Scope.PROMISE)
    key = database.transact(lambda tx: create_key(tx, TESTER, request, NOW))
    token = token_of(request.secret)

    actor = ring_of(database).find(token)

    assert actor == Actor("web shop", key.client_id, frozenset({Scope.ORDERS, Scope.PROMISE}))
    assert actor.may(Scope.ORDERS)
    assert not actor.may(Scope.CONFIG)
    assert len(token) == 47
    assert token.endswith(key.hint)


STRANGE = {"none": "", "lead": "ovq_", "other": "ovq_" + "a" * 43, "accents": "ovq_" + "é" * 43}


@pytest.mark.parametrize("token", STRANGE.values(), ids=STRANGE)
def test_strange_tokens_open_nothing(database: Database, new_id: NewId, token: str) -> None:
    database.transact(lambda tx: create_key(tx, TESTER, asked(new_id), NOW))
    assert ring_of(database).find(token) is None


def test_the_secret_is_nowhere_in_the_database(database: Database, new_id: NewId) -> None:
    request = asked(new_id)
    database.transact(lambda tx: create_key(tx, TESTER, request, NOW))
    for table in ("api_key", "api_client", "journal"):
        assert request.secret not in content(database, table)


def test_a_second_key_of_a_client_rotates_the_first(database: Database, new_id: NewId) -> None:
    first, second = asked(new_id), asked(new_id)
    one = database.transact(lambda tx: create_key(tx, TESTER, first, NOW))
    other = database.transact(lambda tx: create_key(tx, TESTER, second, NOW))
    assert one.client_id == other.client_id

    ring = ring_of(database)
    assert ring.find(token_of(first.secret)) == ring.find(token_of(second.secret))

    database.transact(lambda tx: revoke_key(tx, TESTER, one.id, NOW))
    assert ring.find(token_of(first.secret)) is not None, "until the ring is loaded again"
    database.read(ring.load)
    assert ring.find(token_of(first.secret)) is None
    assert ring.find(token_of(second.secret)) is not None


def test_an_expired_key_opens_nothing(database: Database, new_id: NewId) -> None:
    end = NOW + timedelta(days=1)
    request = asked(new_id, expires_at=end)
    database.transact(lambda tx: create_key(tx, TESTER, request, NOW))

    assert ring_of(database, end - timedelta(seconds=1)).find(token_of(request.secret))
    assert ring_of(database, end).find(token_of(request.secret)) is None
    late = replace(request, key_id=new_id(), expires_at=NOW)
    with pytest.raises(Refusal, match="invalid"):
        database.transact(lambda tx: create_key(tx, TESTER, late, NOW))


def test_nobody_gives_scopes_that_they_lack(database: Database, new_id: NewId) -> None:
    clerk = Actor("clerk", new_id(), frozenset({Scope.CONFIG, Scope.READ}))
    database.transact(lambda tx: create_key(tx, clerk, asked(new_id, Scope.READ), NOW))
    for request in (asked(new_id, Scope.ORDERS), asked(new_id, Scope.ALL)):
        with pytest.raises(Refusal, match="forbidden"):
            database.transact(partial(create_key, by=clerk, request=request, now=NOW))
    assert len(database.read(lambda tx: list_keys(tx, None, 10))) == 1


def test_who_works_at_one_location_gives_no_key_that_opens_all(
    database: Database, new_id: NewId
) -> None:
    """No role of a store may make keys; if one ever may, not these."""
    clerk = Actor("clerk", new_id(), frozenset({Scope.CONFIG, Scope.READ}), new_id())
    request = asked(new_id, Scope.READ)
    with pytest.raises(Refusal, match="beyond_own"):
        database.transact(lambda tx: create_key(tx, clerk, request, NOW))


def test_the_journal_names_what_happened_once(database: Database, new_id: NewId) -> None:
    key = database.transact(lambda tx: create_key(tx, TESTER, asked(new_id), NOW))
    for _ in range(2):
        database.transact(lambda tx: revoke_key(tx, TESTER, key.id, NOW))

    entries = database.read(lambda tx: journal.read(tx, BEGINNING, 10))
    assert [entry.kind for entry in entries] == ["key.created", "key.revoked"]
    assert {entry.actor for entry in entries} == {"tester"}
    with pytest.raises(Refusal, match="not_found"):
        database.transact(lambda tx: revoke_key(tx, TESTER, new_id(), NOW))


def test_keys_are_listed_page_by_page(database: Database, new_id: NewId) -> None:
    keys = [
        database.transact(lambda tx: create_key(tx, TESTER, asked(new_id), NOW)) for _ in range(3)
    ]
    first = database.read(lambda tx: list_keys(tx, None, 2))
    rest = database.read(lambda tx: list_keys(tx, first[-1].id, 2))
    assert [*first, *rest] == keys


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 101, "Cafe\u0301"])
def test_a_client_has_a_name_of_one_line(database: Database, new_id: NewId, name: str) -> None:
    odd = replace(asked(new_id), client=name)
    with pytest.raises(Refusal, match="invalid"):
        database.transact(lambda tx: create_key(tx, TESTER, odd, NOW))


def test_keys_are_made_listed_and_revoked_on_the_command_line(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*words: str) -> str:
        result = CliRunner().invoke(commands, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    token = run("create", "web shop", "--scope", "orders", "--scope", "read").strip()
    ring = KeyRing(clock.now)
    database.read(ring.load)
    found = ring.find(token)
    assert found is not None
    assert found.scopes == {Scope.ORDERS, Scope.READ}

    made = json.loads(run("create", "web shop", "--scope", "all", "--expires-days", "1", "--json"))
    listed = json.loads(run("list", "--json"))["data"]
    assert [each["client"] for each in listed] == ["web shop", "web shop"]
    assert listed[1] == {name: value for name, value in made.items() if name != "key"}
    assert token not in run("list")

    assert "web shop is revoked" in run("revoke", listed[0]["id"])
    database.read(ring.load)
    assert ring.find(token) is None
    assert ring.find(made["key"]) is not None
    assert [line.split()[2] for line in run("list").splitlines()] == ["revoked", "usable"]
