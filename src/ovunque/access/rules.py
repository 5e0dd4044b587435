"""Who may give what to whom, and what a key has to be."""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network

from ovunque.access.model import (
    CLIENT_NAME_LENGTH_MAX,
    SCOPES_OF,
    STORE_ROLES,
    Actor,
    Role,
    Scope,
    SecondFactor,
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

CODE_TRIES_MAX = 5
CODE_STEP_SECONDS, CODE_DIGITS = 30, 6
CODE_DRIFT_STEPS = 1  # Clocks of phones go wrong by half a minute.
PROOF_STANDS = timedelta(minutes=10)  # Then who they are is asked again for what matters.
OVERLAP = timedelta(hours=24)  # How long a rotated key and its successor both open.
PIN = re.compile(r"[0-9]{6}")
EASY_PINS = frozenset({"123456", "654321", "012345", "121212", "112233", "123123"})

STAY_MAX = timedelta(hours=12)  # No session lasts longer, whosever it is.
SEEN_EVERY = timedelta(minutes=1)  # Being seen is written down no more often than this.


def beyond(by: Actor, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The scopes that an actor may not hand on, as it lacks them itself."""
    return tuple(sorted(scope for scope in scopes if not by.may(scope)))


def is_wider(by: Actor, addresses: Sequence[str], expires_at: datetime | None) -> bool:
    """Whether a key would open from more places, or for longer, than what its maker comes with."""
    if by.location_id is not None:
        return True  # No key is bound to a location.
    if by.expires_at is not None and (expires_at is None or expires_at > by.expires_at):
        return True
    return bool(by.addresses) and not is_within(addresses, by.addresses)


def is_within(told: Sequence[str], networks: Sequence[str]) -> bool:
    """Whether these networks all lie in those; no network at all is the whole world."""
    homes = [ip_network(each) for each in networks]
    asked = [ip_network(each) for each in told]
    wide: list[IPv4Network | IPv6Network] = [
        *collapse_addresses(each for each in homes if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in homes if isinstance(each, IPv6Network)),
    ]
    return bool(asked) and all(any(_holds(home, each) for home in wide) for each in asked)


def _holds(home: IPv4Network | IPv6Network, each: IPv4Network | IPv6Network) -> bool:
    return each.network_address in home and each.prefixlen >= home.prefixlen


def may_let_in(by: Actor, role: Role) -> bool:
    """Whether a key's bounds let it invite somebody, who comes from everywhere.

    People are let go by name, so a key that ends may enter them; but who keeps the keys could make
    one that does not end.
    """
    return not by.addresses and (role != Role.ADMIN or by.expires_at is None)


def scopes_to_enter(role: Role) -> frozenset[Scope]:
    """What a program has to have that lets somebody in; who keeps the keys lets in everybody."""
    return frozenset({Scope.ALL}) if role == Role.ADMIN else SCOPES_OF[role]


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
        yield Fault("/location", "missing", "This role works at one location: name it.")
    if role not in STORE_ROLES and has_location:
        yield Fault("/location", "unexpected", "This role works for all locations.")


def check_password(password: str) -> Iterator[Fault]:
    """Long enough is what counts; what it is made of is nobody's business (NIST SP 800-63B)."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        detail = f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters."
        yield Fault("/password", "out_of_bounds", detail)


def check_name(name: str) -> Iterator[Fault]:
    if not 1 <= len(name.strip()) <= PERSON_NAME_LENGTH_MAX or not name.isprintable():
        detail = f"A name is one line of 1 to {PERSON_NAME_LENGTH_MAX} characters."
        yield Fault("/name", "malformed", detail)


def check_pin(pin: str) -> Iterator[Fault]:
    """Six digits that are not the first that somebody would try."""
    if not PIN.fullmatch(pin) or len(set(pin)) == 1 or pin in EASY_PINS:
        yield Fault("/pin", "malformed", "A PIN has six digits, and is not easy to guess.")


def check_networks(told: Sequence[str]) -> Iterator[Fault]:
    """Addresses and networks that a key may come from."""
    for nth, each in enumerate(told):
        try:
            ip_network(each)
        except ValueError:
            detail = f"{each[:40]} is no network such as 203.0.113.0/24 or 2001:db8::/32."
            yield Fault(f"/addresses/{nth}", "malformed", detail)


def may_come_from(networks: Sequence[str], address: str) -> bool:
    """Whether a key may be used from an address; without networks from everywhere."""
    if not networks:
        return True
    try:
        told = ip_address(address)
    except ValueError:
        return False
    return any(told in ip_network(each) for each in networks)


def code_at(secret: bytes, step: int) -> str:
    """The code of a step of time, as RFC 6238 has it: phones compute the same."""
    drawn = hmac.digest(secret, step.to_bytes(8), "sha1")
    at = drawn[-1] & 15
    number = int.from_bytes(drawn[at : at + 4]) & 0x7FFF_FFFF
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def step_of(factor: SecondFactor, code: str, now: datetime) -> int | None:
    """The step of time whose code this is, unless it or a later one was used already."""
    here = int(now.timestamp()) // CODE_STEP_SECONDS
    found = None
    for step in range(here - CODE_DRIFT_STEPS, here + CODE_DRIFT_STEPS + 1):
        fits = hmac.compare_digest(code_at(factor.secret, step).encode(), code.encode())
        if fits and step > factor.last_step:
            found = step
    return found


def address_of_factor(login: str, secret: bytes) -> str:
    """What an app scans to share the secret."""
    key = b32encode(secret).decode()
    return f"otpauth://totp/Ovunque:{login}?secret={key}&issuer=Ovunque&digits={CODE_DIGITS}"


def is_proven(session: Session, now: datetime) -> bool:
    """Whether they showed who they are lately enough for what matters."""
    return now - session.proven_at < PROOF_STANDS
