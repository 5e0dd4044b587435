"""People who work here: entered, listed, given a new password, let go."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access import events, guessing, rules, store
from ovunque.access.hashing import Secret
from ovunque.access.model import Actor, Language, Person, PersonFilter, Role, Theme
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRequest:
    """The id is drawn at the edge; a store person brings a location."""

    id: UUID
    login: str
    name: str
    role: Role
    secret: Secret
    location_id: UUID | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRequest:
    login: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How somebody wants to see us."""

    language: Language | None
    theme: Theme


def create_person(tx: Tx, by: Actor, request: PersonRequest, now: datetime) -> Person:
    """The new person; a name that is taken is refused."""
    at = request.location_id
    faults = (
        *rules.check_person(request.login, request.name, request.role, has_location=at is not None),
        *guessing.check(request.secret.told, (request.login, *request.name.split())),
    )
    if faults:
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    person = Person(
        id=request.id,
        login=request.login,
        name=request.name,
        role=request.role,
        location_id=at,
        language=request.language,
        theme=Theme.SYSTEM,
        created_at=now,
    )
    if not store.add_person(tx, person, request.secret.kept):
        raise Refusal("already_exists", what=f"The person {request.login}")
    journal.record(tx, [events.person_created(person)], by=by.name, at=now)
    return person


def find_person(tx: Tx, login: str) -> Person:
    found = store.find_person(tx, login)
    if found is None:
        raise Refusal("not_found", what=f"person {login[:64]}")
    return found


def words_of(person: Person) -> tuple[str, ...]:
    """What of somebody everybody knows: no password is made of it."""
    return (person.login, *person.name.split())


def list_people(tx: Tx) -> tuple[Person, ...]:
    """Everybody, in the order of their logins; those who left too."""
    return store.list_people(tx)


def list_some(tx: Tx, wanted: PersonFilter, after: str, people_max: int) -> tuple[Person, ...]:
    """People behind a login, in the order of their logins; those who left too."""
    return store.list_some(tx, wanted, after, people_max)


def change_password(tx: Tx, by: Actor, request: PasswordRequest, now: datetime) -> None:
    """A new password; whoever is signed in with the old one is out."""
    person = find_person(tx, request.login)
    if faults := tuple(guessing.check(request.secret.told, words_of(person))):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    store.save_password(tx, person.id, request.secret.kept)
    store.remove_sessions(tx, person.id)
    journal.record(tx, [events.password_changed(person)], by=by.name, at=now)


def disable_person(tx: Tx, by: Actor, login: str, now: datetime) -> Person:
    """The person who is let go: out at once, everywhere; twice is as once."""
    person = find_person(tx, login)
    if person.disabled_at is not None:
        return person
    store.save_disabled(tx, person.id, now)
    store.remove_sessions(tx, person.id)
    journal.record(tx, [events.person_disabled(person)], by=by.name, at=now)
    return replace(person, disabled_at=now)


def save_preferences(tx: Tx, by: Actor, preferences: Preferences) -> None:
    """A person's own language and colors; nobody else's business, so no fact of the journal."""
    store.save_preferences(tx, by.client_id, preferences.language, preferences.theme)
