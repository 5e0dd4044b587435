"""Signing in and out: a name and a password become a session that a browser carries."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from ovunque.access import events, guessing, hashing, rules, store
from ovunque.access.enrolling import words_of
from ovunque.access.hashing import Line
from ovunque.access.keeping import digest
from ovunque.access.model import Actor, Person, Session
from ovunque.access.proving import count_try, has_factor, take_code
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean, search_key
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx

ADDRESS_LENGTH_MAX = 64
AGENT_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRequest:
    """Who they say they are, from where, and the secret that their browser will carry."""

    login: str
    password: str = field(repr=False)
    address: str
    token: str = field(repr=False)
    session_id: UUID
    agent: str = ""
    line: Line = hashing.STREET  # Behind whom they wait.
    mark: str | None = field(default=None, repr=False)  # They came in from this browser before.

    @property
    def account(self) -> str:
        return search_key(self.login)[: rules.LOGIN_LENGTH_MAX]

    @property
    def keys(self) -> tuple[str, str]:
        """What tries count against: who tries a name elsewhere does not lock out its owner."""
        mark = digest(self.mark).hex()[:32] if self.mark else None
        account = f"mark:{mark}" if mark else f"account:{self.account}"
        return account, f"address:{self.address[:ADDRESS_LENGTH_MAX]}"


def sign_in(database: Database, request: SignInRequest, now: datetime) -> Session:
    """The session that is open now; refused alike for a wrong name and a wrong password.

    The try is counted before the password is looked at, and no transaction is open while that
    takes its time.
    """
    person, kept = database.transact(lambda tx: knock(tx, request, now))
    fits = hashing.is_password(kept, request.password, request.line)
    if person is None or not fits or person.disabled_at is not None:
        raise Refusal("sign_in_failed")
    return database.transact(lambda tx: enter(tx, (person, kept), request, now))


def knock(tx: Tx, request: SignInRequest, now: datetime) -> tuple[Person | None, str]:
    """Who has this name, if anybody, and what their password is compared with."""
    if not is_clean(request.login) or not is_clean(request.password):
        raise Refusal("sign_in_failed")
    account, address = request.keys
    maxima = {account: rules.ACCOUNT_TRIES_MAX, address: rules.ADDRESS_TRIES_MAX}
    since = now - rules.TRIES_WINDOW
    store.remove_tries(tx, since)
    tries = store.add_tries(tx, sorted(maxima), now)
    if any(tries[key] > most for key, most in maxima.items()):
        raise Refusal("sign_in_throttled")
    return store.find_credentials(tx, request.account) or (None, hashing.nobody())


def is_known(tx: Tx, request: SignInRequest) -> bool:
    """Whether somebody has this name; what else people type there, a log has no place for."""
    return is_clean(request.login) and store.find_person(tx, request.account) is not None


def enter(tx: Tx, shown: tuple[Person, str], request: SignInRequest, now: datetime) -> Session:
    """Open the session; whose name it is may be wrong again as often as before.

    Who has a second factor is only halfway in: such a session opens nothing but its next step.
    A password takes its time to compare: one that was changed meanwhile opens nothing any more.
    """
    person, compared = shown
    if store.lock_password(tx, person.id) != compared:
        raise Refusal("sign_in_failed")
    account, address = request.keys
    store.remove_try(tx, account)
    store.remove_one_try(tx, address)
    store.remove_sessions_before(tx, now - rules.STAY_MAX)
    session = Session(
        id=request.session_id,
        person=person,
        opened_at=now,
        seen_at=now,
        proven_at=now,
        is_half=has_factor(tx, person),
        address=request.address[:ADDRESS_LENGTH_MAX],
        agent=request.agent[:AGENT_LENGTH_MAX],
    )
    store.add_session(tx, digest(request.token), session)
    if not session.is_half:
        journal.record(tx, [events.signed_in(person)], by=person.login, at=now)
    return session


def find_session(database: Database, token: str, now: datetime) -> Session | None:
    """Whose browser this is; None when nobody signed in with it, or too long ago."""
    sha256 = digest(token)
    session = database.read(lambda tx: store.find_session(tx, sha256))
    if session is None:
        return None
    if rules.is_over(session, now):
        database.transact(lambda tx: store.remove_session(tx, sha256))
        return None
    if now - session.seen_at < rules.SEEN_EVERY:
        return session
    database.transact(lambda tx: store.save_seen(tx, sha256, now))
    return replace(session, seen_at=now)


def sign_out(tx: Tx, session: Session, token: str, now: datetime) -> None:
    """End a session: its token opens nothing any more."""
    store.remove_session(tx, digest(token))
    journal.record(tx, [events.signed_out(session.person)], by=session.person.login, at=now)


def list_sessions(tx: Tx, person: Person, now: datetime) -> tuple[Session, ...]:
    """Where somebody is signed in now, the latest first."""
    found = store.list_sessions(tx, person.id)
    return tuple(each for each in found if not rules.is_over(each, now))


def revoke_session(tx: Tx, person: Person, session_id: UUID, now: datetime) -> None:
    """End one of one's own sessions; another's is not there."""
    if not store.remove_session_of(tx, person.id, session_id):
        raise Refusal("not_found", what="session")
    journal.record(tx, [events.session_revoked(person)], by=person.login, at=now)


def revoke_sessions(tx: Tx, by: Actor, person: Person, now: datetime) -> None:
    """Out everywhere, at once."""
    store.remove_sessions(tx, person.id)
    journal.record(tx, [events.session_revoked(person)], by=by.name, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRequest:
    """Somebody who is in shows again who they are, by password or by a code of their phone."""

    session: Session
    carried: str = field(repr=False)
    told: str = field(repr=False)
    token: str = field(repr=False)


def prove(database: Database, request: ProofRequest, now: datetime) -> None:
    """What matters is open to them for a while, and their browser carries another secret."""
    person = request.session.person
    key = f"code:{person.login}"
    database.transact(lambda tx: count_try(tx, key, now))

    if not shows(database, person, request.told, now):
        raise Refusal("code_wrong")

    def rotate(tx: Tx) -> None:
        store.remove_try(tx, key)
        store.save_rotation(tx, digest(request.carried), digest(request.token), now)

    database.transact(rotate)


def shows(database: Database, person: Person, told: str, now: datetime) -> bool:
    """Whether this is a code of theirs, or without a second factor their password."""
    if database.read(lambda tx: has_factor(tx, person)):
        return database.transact(lambda tx: take_code(tx, person, told, now))
    found = database.read(lambda tx: store.find_credentials(tx, person.login))
    return found is not None and hashing.is_password(found[1], told)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPasswordRequest:
    """Somebody who is in wants another password, and shows that they know the one before."""

    session: Session
    before: str = field(repr=False)
    password: str = field(repr=False)
    salt: bytes = field(repr=False)


def change_own_password(database: Database, request: OwnPasswordRequest, now: datetime) -> None:
    """A new password; whoever is signed in with the old one elsewhere is out, here they stay."""
    person = request.session.person
    key = f"code:{person.login}"
    database.transact(lambda tx: count_try(tx, key, now))
    found = database.read(lambda tx: store.find_credentials(tx, person.login))
    if found is None or not hashing.is_password(found[1], request.before):
        raise Refusal("code_wrong")
    database.transact(lambda tx: store.remove_try(tx, key))
    if faults := tuple(guessing.check(request.password, words_of(person))):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    kept = hashing.hash_password(request.password, request.salt)

    def save(tx: Tx) -> None:
        store.save_password(tx, person.id, kept)
        store.remove_other_sessions(tx, person.id, request.session.id)
        journal.record(tx, [events.password_changed(person)], by=person.login, at=now)

    database.transact(save)
