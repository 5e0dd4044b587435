"""SQL of the people who work here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Language, Person, PersonFilter, Role, Theme
from ovunque.platform.database import Tx

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
    return (person_of(row[:-1]), row[-1]) if row else None


def lock_password(tx: Tx, person_id: UUID) -> str | None:
    """The hash of somebody's password, which nobody changes until we are done."""
    row = tx.execute(
        "select password_hash from person where id = %(id)s for no key update", {"id": person_id}
    ).fetchone()
    return row[0] if row else None


def list_people(tx: Tx) -> tuple[Person, ...]:
    rows = tx.execute(f"select {PERSON} from person order by login")
    return tuple(map(person_of, rows))


def list_some(tx: Tx, wanted: PersonFilter, after: str, people_max: int) -> tuple[Person, ...]:
    """People behind a login, in the order of their logins."""
    rows = tx.execute(
        f"""
        select {PERSON} from person
         where login > %(after)s
           and (%(role)s::text is null or role = %(role)s::text)
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
           and (%(left)s::bool is null or (disabled_at is not null) = %(left)s::bool)
         order by login
         limit %(limit)s
        """,
        {
            "after": after,
            "role": wanted.role,
            "location_id": wanted.location_id,
            "left": wanted.left,
            "limit": people_max,
        },
    )
    return tuple(map(person_of, rows))


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


def person_of(row: Sequence[Any]) -> Person:
    """A row of PERSON as the noun it is."""
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
