"""Who may give what to whom, and what a key has to be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ovunque.access.model import (
    CLIENT_NAME_LENGTH_MAX,
    STORE_ROLES,
    Actor,
    Role,
    Scope,
    Session,
)
from ovunque.kernel.refusal import Fault
from ovunque.kernel.text import normal

LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
LOGIN_LENGTH_MAX = 64
PERSON_NAME_LENGTH_MAX = 100
PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 8, 200

# How often a name, and an address, may be wrong before they have to wait.
TRIES_WINDOW = timedelta(minutes=15)
ACCOUNT_TRIES_MAX = 10
ADDRESS_TRIES_MAX = 60

STAY_MAX = timedelta(hours=12)  # No session lasts longer, whosever it is.
SEEN_EVERY = timedelta(minutes=1)  # Being seen is written down no more often than this.


def beyond(by: Actor, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The scopes that an actor may not hand on, as it lacks them itself."""
    return tuple(sorted(scope for scope in scopes if not by.may(scope)))


def check_key(client: str, expires_at: datetime | None, now: datetime) -> Iterator[Fault]:
    """What is wrong with a key that is asked for."""
    if not 1 <= len(client.strip()) <= CLIENT_NAME_LENGTH_MAX:
        detail = f"A name has 1 to {CLIENT_NAME_LENGTH_MAX} characters."
        yield Fault("/client", "out_of_bounds", detail)
    if not client.isprintable() or normal(client) != client:
        yield Fault("/client", "malformed", "A name is one line that can be printed.")
    if expires_at is not None and expires_at <= now:
        yield Fault("/expires_at", "out_of_bounds", "This is in the past.")


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a session may lie idle, and how long it may last at all."""

    idle: timedelta
    whole: timedelta


def stay_of(role: Role) -> Stay:
    """A store's tablet lasts a shift; who may change rights is asked again after half an hour."""
    if role in STORE_ROLES:
        return Stay(idle=STAY_MAX, whole=STAY_MAX)
    if role == Role.ADMIN:
        return Stay(idle=timedelta(minutes=30), whole=timedelta(hours=8))
    return Stay(idle=timedelta(hours=4), whole=STAY_MAX)


def is_over(session: Session, now: datetime) -> bool:
    """Whether a session has ended by itself; a disabled person is out at once."""
    if session.person.disabled_at is not None:
        return True
    stay = stay_of(session.person.role)
    return now - session.seen_at >= stay.idle or now - session.opened_at >= stay.whole


def check_person(login: str, name: str, role: Role, *, has_location: bool) -> Iterator[Fault]:
    """What is wrong with a person to be entered."""
    if not LOGIN.fullmatch(login):
        detail = "A login is 1 to 64 small letters, digits and . _ - between letters or digits."
        yield Fault("/login", "malformed", detail)
    if not 1 <= len(name.strip()) <= PERSON_NAME_LENGTH_MAX:
        detail = f"A name has 1 to {PERSON_NAME_LENGTH_MAX} characters."
        yield Fault("/name", "out_of_bounds", detail)
    if not name.isprintable() or normal(name) != name:
        yield Fault("/name", "malformed", "A name is one line that can be printed.")
    if role in STORE_ROLES and not has_location:
        yield Fault("/location", "missing", f"A {role} works at one location: name it.")
    if role not in STORE_ROLES and has_location:
        yield Fault("/location", "unexpected", f"A {role} works for all locations.")


def check_password(password: str) -> Iterator[Fault]:
    """Long enough is what counts; what it is made of is nobody's business (NIST SP 800-63B)."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        detail = f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters."
        yield Fault("/password", "out_of_bounds", detail)
