"""Second factors: one is set up, tried, asked for at the door, and given up."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from ovunque.access import events, rules, store
from ovunque.access.keeping import digest
from ovunque.access.model import Actor, Person, SecondFactor, Session
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx

RECOVERY_CODES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """A code that somebody typed, and the secret that their browser will carry if it is right."""

    session: Session
    carried: str = field(repr=False)
    code: str = field(repr=False)
    token: str = field(repr=False)


def begin_factor(tx: Tx, person: Person, secret: bytes) -> SecondFactor:
    """A secret to be shown; one that was shown and never tried stays, a tried one is refused."""
    store.lock_password(tx, person.id)  # Nobody confirms it at this moment.
    found = store.find_factor(tx, person.id)
    if found is not None and found.confirmed_at is not None:
        raise Refusal("second_factor_there")
    factor = found or SecondFactor(person_id=person.id, secret=secret)
    store.save_factor(tx, factor)
    return factor


def confirm_factor(
    tx: Tx, session: Session, code: str, recovery: tuple[str, ...], now: datetime
) -> None:
    """From now on it is asked for; the recovery codes are kept as digests.

    Who is in elsewhere came with a password alone, and is out.
    """
    person = session.person
    store.lock_password(tx, person.id)  # Nobody comes in by it alone at this moment.
    found = store.find_factor(tx, person.id)
    if found is None or found.confirmed_at is not None:
        raise Refusal("not_found", what="second factor")
    step = rules.step_of(found, code, now)
    if step is None:
        raise Refusal("code_wrong")
    store.save_factor(tx, replace(found, confirmed_at=now, last_step=step))
    store.save_recovery(tx, person.id, [digest(each) for each in recovery])
    store.save_strong(tx, session.id)
    store.remove_other_sessions(tx, person.id, session.id)
    journal.record(tx, [events.factor_confirmed(person)], by=person.login, at=now)


def remove_factor(tx: Tx, by: Actor, person: Person, now: datetime) -> None:
    """It is not asked for any more; whoever does that is named."""
    if store.remove_factor(tx, person.id):
        journal.record(tx, [events.factor_removed(person)], by=by.name, at=now)


def has_factor(tx: Tx, person: Person) -> bool:
    found = store.find_factor(tx, person.id)
    return found is not None and found.confirmed_at is not None


def enter_code(database: Database, request: CodeRequest, now: datetime) -> None:
    """The session is whole, and carried by another secret; a try is counted before it is looked at.

    A code opens once, a recovery code too: whoever looked over a shoulder comes too late.
    """
    person = request.session.person
    key = f"code:{person.login}"
    database.transact(lambda tx: count_try(tx, key, now))
    database.transact(lambda tx: _open(tx, request, key, now))


def count_try(tx: Tx, key: str, now: datetime) -> None:
    """One more try with this name; too many have to wait."""
    store.remove_tries(tx, now - rules.TRIES_WINDOW)
    if store.add_tries(tx, [key], now)[key] > rules.CODE_TRIES_MAX:
        raise Refusal("sign_in_throttled")


def _open(tx: Tx, request: CodeRequest, key: str, now: datetime) -> None:
    person = request.session.person
    if not take_code(tx, person, request.code, now):
        raise Refusal("code_wrong")
    store.remove_try(tx, key)
    store.save_rotation(tx, digest(request.carried), digest(request.token), now)
    journal.record(tx, [events.signed_in(person)], by=person.login, at=now)


def take_code(tx: Tx, person: Person, code: str, now: datetime) -> bool:
    """Whether this code is theirs, and was not used before."""
    factor = store.lock_factor(tx, person.id)
    if factor is None or factor.confirmed_at is None:
        return False
    told = code.replace(" ", "").lower()
    step = rules.step_of(factor, told, now)
    if step is not None:
        store.save_factor(tx, replace(factor, last_step=step))
        return True
    return store.remove_recovery(tx, person.id, digest(told))


def list_with_factor(tx: Tx) -> frozenset[UUID]:
    """Who has a second factor, by id."""
    return store.list_with_factor(tx)
