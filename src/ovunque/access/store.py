"""SQL of who may enter: API clients with their keys, people with their sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import ApiKey, Language, Person, Role, Scope, Session, Theme
from ovunque.platform.database import Tx

KEYS = """
select key.id, key.client_id, client.name, key.hint, key.scopes, key.created_at, key.expires_at,
       key.revoked_at, key.sha256
  from api_key as key join api_client as client on client.id = key.client_id
"""


def add_client(tx: Tx, client_id: UUID, name: str) -> UUID:
    """The client of that name: a new one, or the one that is there."""
    tx.execute(
        "insert into api_client (id, name) values (%(id)s, %(name)s) on conflict (name) do nothing",
        {"id": client_id, "name": name},
    )
    row = tx.execute("select id from api_client where name = %(name)s", {"name": name}).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def add_key(tx: Tx, key: ApiKey, sha256: bytes) -> None:
    tx.execute(
        """
        insert into api_key (id, client_id, sha256, hint, scopes, created_at, expires_at)
        values (%(id)s, %(client_id)s, %(sha256)s, %(hint)s, %(scopes)s, %(created_at)s,
                %(expires_at)s)
        """,
        {
            "id": key.id,
            "client_id": key.client_id,
            "sha256": sha256,
            "hint": key.hint,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
        },
    )


def lock_key(tx: Tx, key_id: UUID) -> ApiKey | None:
    row = tx.execute(
        f"{KEYS} where key.id = %(id)s for update of key",
        {"id": key_id},
    ).fetchone()
    return _key(row) if row else None


def save_revocation(tx: Tx, key_id: UUID, at: datetime) -> None:
    tx.execute("update api_key set revoked_at = %(at)s where id = %(id)s", {"id": key_id, "at": at})


def list_keys(tx: Tx, after: UUID | None, keys_max: int) -> tuple[ApiKey, ...]:
    """All keys, oldest first: those that expired or were revoked too."""
    rows = tx.execute(
        f"""
        {KEYS}
         where %(after)s::uuid is null or key.id > %(after)s
         order by key.id
         limit %(keys_max)s
        """,
        {"after": after, "keys_max": keys_max},
    )
    return tuple(_key(row) for row in rows)


def list_usable(tx: Tx) -> tuple[tuple[bytes, ApiKey], ...]:
    """The keys that nobody revoked, each with the digest of its secret."""
    rows = tx.execute(f"{KEYS} where key.revoked_at is null")
    return tuple((bytes(row[-1]), _key(row)) for row in rows)


def _key(row: Sequence[Any]) -> ApiKey:
    id_, client_id, client, hint, scopes, created_at, expires_at, revoked_at, _ = row
    return ApiKey(
        id=id_,
        client_id=client_id,
        client=client,
        hint=hint,
        scopes=frozenset(Scope(each) for each in scopes),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


PERSON = """
  person.id, person.login, person.name, person.role, person.location_id, person.language,
  person.theme, person.created_at, person.disabled_at
"""


def add_person(tx: Tx, person: Person, password_hash: str) -> bool:
    """Whether the login was free."""
    done = tx.execute(
        """
        insert into person (id, login, name, role, location_id, language, theme, password_hash,
                            created_at)
        values (%(id)s, %(login)s, %(name)s, %(role)s, %(location_id)s, %(language)s, %(theme)s,
                %(password_hash)s, %(created_at)s)
            on conflict (login) do nothing
        """,
        {
            "id": person.id,
            "login": person.login,
            "name": person.name,
            "role": person.role,
            "location_id": person.location_id,
            "language": person.language,
            "theme": person.theme,
            "password_hash": password_hash,
            "created_at": person.created_at,
        },
    )
    return done.rowcount == 1


def find_person(tx: Tx, login: str) -> Person | None:
    found = find_credentials(tx, login)
    return found[0] if found else None


def find_credentials(tx: Tx, login: str) -> tuple[Person, str] | None:
    """Who has this name, and the hash of their password."""
    row = tx.execute(
        f"select {PERSON}, person.password_hash from person where login = %(login)s",
        {"login": login},
    ).fetchone()
    return (_person(row[:-1]), row[-1]) if row else None


def list_people(tx: Tx) -> tuple[Person, ...]:
    rows = tx.execute(f"select {PERSON} from person order by login")
    return tuple(map(_person, rows))


def save_password(tx: Tx, person_id: UUID, password_hash: str) -> None:
    tx.execute(
        "update person set password_hash = %(hash)s where id = %(id)s",
        {"id": person_id, "hash": password_hash},
    )


def save_disabled(tx: Tx, person_id: UUID, at: datetime) -> None:
    tx.execute(
        "update person set disabled_at = %(at)s where id = %(id)s", {"id": person_id, "at": at}
    )


def save_preferences(tx: Tx, person_id: UUID, language: str | None, theme: str) -> None:
    tx.execute(
        "update person set language = %(language)s, theme = %(theme)s where id = %(id)s",
        {"id": person_id, "language": language, "theme": theme},
    )


def add_session(tx: Tx, sha256: bytes, session: Session) -> None:
    tx.execute(
        """
        insert into session (sha256, person_id, opened_at, seen_at)
        values (%(sha256)s, %(person_id)s, %(opened_at)s, %(seen_at)s)
        """,
        {
            "sha256": sha256,
            "person_id": session.person.id,
            "opened_at": session.opened_at,
            "seen_at": session.seen_at,
        },
    )


def find_session(tx: Tx, sha256: bytes) -> Session | None:
    row = tx.execute(
        f"""
        select session.opened_at, session.seen_at, {PERSON}
          from session join person on person.id = session.person_id
         where session.sha256 = %(sha256)s
        """,
        {"sha256": sha256},
    ).fetchone()
    return Session(person=_person(row[2:]), opened_at=row[0], seen_at=row[1]) if row else None


def save_seen(tx: Tx, sha256: bytes, at: datetime) -> None:
    tx.execute(
        "update session set seen_at = %(at)s where sha256 = %(sha256)s",
        {"sha256": sha256, "at": at},
    )


def remove_session(tx: Tx, sha256: bytes) -> None:
    tx.execute("delete from session where sha256 = %(sha256)s", {"sha256": sha256})


def remove_sessions(tx: Tx, person_id: UUID) -> None:
    tx.execute("delete from session where person_id = %(id)s", {"id": person_id})


def remove_sessions_before(tx: Tx, opened_at: datetime) -> None:
    """Forget what nobody can use any more; who else forgets it now is not waited for."""
    tx.execute(
        """
        delete from session
         where sha256 in (select sha256 from session where opened_at < %(opened_at)s
                           order by sha256 for update skip locked)
        """,
        {"opened_at": opened_at},
    )


def list_tries(tx: Tx, keys: Sequence[str]) -> dict[str, int]:
    """How often each was tried lately."""
    rows = tx.execute(
        "select key, tries from sign_in_try where key = any(%(keys)s::text[])", {"keys": list(keys)}
    )
    found: dict[str, int] = dict(rows.fetchall())
    return found


def add_tries(tx: Tx, keys: Sequence[str], now: datetime) -> None:
    """One more for each; keys come sorted, so that two tries never wait for each other."""
    tx.execute(
        """
        insert into sign_in_try (key, tries, since)
        select key, 1, %(now)s from unnest(%(keys)s::text[]) as told (key) order by key
            on conflict (key) do update set tries = sign_in_try.tries + 1
        """,
        {"keys": list(keys), "now": now},
    )


def remove_tries(tx: Tx, before: datetime) -> None:
    """Forget what began before; whoever else forgets them at this moment is not waited for."""
    tx.execute(
        """
        delete from sign_in_try
         where key in (select key from sign_in_try where since < %(before)s
                        order by key for update skip locked)
        """,
        {"before": before},
    )


def remove_try(tx: Tx, key: str) -> None:
    tx.execute("delete from sign_in_try where key = %(key)s", {"key": key})


def _person(row: Sequence[Any]) -> Person:
    id_, login, name, role, location_id, language, theme, created_at, disabled_at = row
    return Person(
        id=id_,
        login=login,
        name=name,
        role=Role(role),
        location_id=location_id,
        language=Language(language) if language else None,
        theme=Theme(theme),
        created_at=created_at,
        disabled_at=disabled_at,
    )
