"""`ovunque users`: who works here, and what they may see."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from ovunque.access.enrolling import (
    PasswordRequest,
    PersonRequest,
    change_password,
    create_person,
    disable_person,
    find_person,
    list_people,
)
from ovunque.access.events import PERSON_PREFIX
from ovunque.access.hashing import conceal
from ovunque.access.model import STORE_ROLES, Language, Person, Role
from ovunque.cli.session import Session, open_session, person
from ovunque.insight.finding import count_work
from ovunque.kernel.ids import public_id
from ovunque.network.listing import find_location, list_locations
from ovunque.network.model import Location, LocationFilter, LocationKind
from ovunque.platform import clock
from ovunque.platform.database import Database, Tx
from ovunque.simulation.locations import HOME_COUNTRY

SALT_BYTES = 16
DEMO_PASSWORD_LENGTH = 10

commands = typer.Typer(no_args_is_help=True, help="People: enter, list, and let them go.")

Login = Annotated[str, typer.Argument(help="The name they sign in with.")]


@commands.command()
def create(
    login: Login,
    role: Annotated[Role, typer.Option(help="What they do here.")],
    name: Annotated[str, typer.Option(help="Their name for others to read.")] = "",
    location: Annotated[
        str | None, typer.Option(help="The code of their location: store people have one.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Otherwise their browser's.")] = None,
) -> None:
    """Enter a person; the password is asked for, or read from standard input."""
    with open_session() as session:
        password = ask_password()
        database = session.database
        at = database.read(lambda tx: find_location(tx, location)).id if location else None
        request = PersonRequest(
            id=session.new_id(),
            login=login,
            name=name or login,
            role=role,
            secret=conceal(password, os.urandom(SALT_BYTES)),
            location_id=at,
            language=language,
        )
        database.transact(lambda tx: create_person(tx, session.actor, request, session.now()))
    print(f"{login} may sign in as {role}.")


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List everybody, with role and location."""
    with open_session() as session:
        people = session.database.read(list_people)
        places = session.database.read(places_of)
    if as_json:
        print(json.dumps({"data": [told(each, places) for each in people]}))
        return
    for each in people:
        where = places[each.location_id] if each.location_id else "all locations"
        state = "left" if each.disabled_at else "may enter"
        print(f"{each.login:<20}  {each.role:<13}  {where:<20}  {state:<9}  {each.name}")


def told(person: Person, places: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "id": public_id(PERSON_PREFIX, person.id),
        "login": person.login,
        "name": person.name,
        "role": person.role,
        "location": places[person.location_id] if person.location_id else None,
        "language": person.language,
        "created_at": person.created_at.isoformat(),
        "disabled_at": person.disabled_at.isoformat() if person.disabled_at else None,
    }


@commands.command()
def password(login: Login) -> None:
    """Give somebody a new password; they are signed out everywhere."""
    with open_session() as session:
        session.database.read(lambda tx: find_person(tx, login))
        secret = conceal(ask_password(), os.urandom(SALT_BYTES))
        change(session, PasswordRequest(login=login, secret=secret))
    print(f"{login} has a new password.")


@commands.command()
def disable(login: Login) -> None:
    """Let somebody go: they are out at once, and what they did stays in their name."""
    with open_session() as session:
        now = session.now()
        session.database.transact(lambda tx: disable_person(tx, session.actor, login, now))
    print(f"{login} may not enter any more.")


def change(session: Session, request: PasswordRequest) -> None:
    session.database.transact(lambda tx: change_password(tx, session.actor, request, session.now()))


def ask_password() -> str:
    """Asked for twice on a terminal, one line of standard input otherwise."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    told: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return told


def places_of(tx: Tx) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    after = ""
    while page := list_locations(tx, after, 1_000):
        found |= {each.id: each.code for each in page}
        after = page[-1].code
    return found


DEMO = (  # Login, name, role, language: one for each role.
    ("marta", "Marta Colombo", Role.ASSOCIATE, Language.ITALIAN),
    ("luca", "Luca Ferri", Role.STORE_MANAGER, Language.ITALIAN),
    ("sofia", "Sofia Greco", Role.SELLER, Language.ITALIAN),
    ("chiara", "Chiara Neri", Role.CARE, Language.ITALIAN),
    ("oliver", "Oliver Grant", Role.MERCHANDISER, Language.ENGLISH),
    ("elena", "Elena Serra", Role.EXECUTIVE, Language.ITALIAN),
    ("ada", "Ada Riva", Role.ADMIN, Language.ENGLISH),
)


def enter_demo_people(database: Database, folder: Path) -> str:
    """One person for each role, the store's people in the first store; returns their password.

    It is drawn once and kept beside the demo; who is there already stays as they are.
    """
    saved = folder / "password"
    if not saved.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(saved, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(clock.new_secret()[:DEMO_PASSWORD_LENGTH])
    secret = saved.read_text(encoding="utf-8").strip()
    store = busiest_store(database)
    known = {each.login for each in database.read(list_people)}
    new_id = clock.new_id_source()
    for login, name, role, language in DEMO:
        if login in known:
            continue
        request = PersonRequest(
            id=new_id(),
            login=login,
            name=name,
            role=role,
            secret=conceal(secret, os.urandom(SALT_BYTES)),
            location_id=store.id if role in STORE_ROLES else None,
            language=language,
        )
        enter(database, request)
    return secret


def busiest_store(database: Database) -> Location:
    """The store of the house's own country where most is waiting: there is something to see."""
    filters = LocationFilter(kind=LocationKind.STORE, country=HOME_COUNTRY)
    stores = database.read(lambda tx: list_locations(tx, limit=1_000, filters=filters))
    work = database.read(count_work)
    return max(stores, key=lambda each: work.get(each.id, 0))


def enter(database: Database, request: PersonRequest) -> None:
    database.transact(lambda tx: create_person(tx, person(), request, clock.now()))


def tell_demo_people(password: str) -> Iterable[str]:
    """The lines for whoever wants to look around."""
    yield f"Sign in as one of these; the password of all is {password}"
    for login, name, role, _ in DEMO:
        yield f"  {login:<8} {role.value.replace('_', ' '):<14} {name}"
