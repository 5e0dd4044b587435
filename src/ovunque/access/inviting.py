"""People who are invited: a link that opens once, and the password they choose themselves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ovunque.access import events, guessing, store
from ovunque.access.enrolling import words_of
from ovunque.access.hashing import Secret
from ovunque.access.keeping import digest
from ovunque.access.model import Actor, Person
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx

VALID = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeRequest:
    """Who follows a link, and the password that they want."""

    token: str = field(repr=False)
    secret: Secret


def invite(tx: Tx, by: Actor, person: Person, token: str, now: datetime) -> None:
    """A link for this person; an older one of theirs opens nothing any more."""
    if person.disabled_at is not None:
        raise Refusal("not_found", what=f"person {person.login}")
    store.save_invitation(tx, digest(token), person.id, now + VALID)
    journal.record(tx, [events.person_invited(person)], by=by.name, at=now)


def find_invited(tx: Tx, token: str, now: datetime) -> Person:
    """Whom a link is for; refused when it was used, is too old, or is none of ours."""
    person = store.find_invited(tx, digest(token), now)
    if person is None or person.disabled_at is not None:
        raise Refusal("invitation_over")
    return person


def welcome(tx: Tx, request: WelcomeRequest, now: datetime) -> Person:
    """The password is theirs, the link is used up, and older sessions are out."""
    person = find_invited(tx, request.token, now)
    if faults := tuple(guessing.check(request.secret.told, words_of(person))):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    if not store.remove_invitation(tx, digest(request.token)):
        raise Refusal("invitation_over")  # Somebody else used it at this moment.
    store.save_password(tx, person.id, request.secret.kept)
    store.remove_sessions(tx, person.id)
    journal.record(tx, [events.password_changed(person)], by=person.login, at=now)
    return person
