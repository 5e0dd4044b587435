"""Providers that vouch for people: entered, removed, and who of us may come by them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access import events, store
from ovunque.access.enrolling import find_person
from ovunque.access.model import SEVERAL_PLACES, STORE_ROLES, Actor, Provider, Role, Vouched
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx

CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
TEXT_LENGTH_MAX = 500
ROLES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody does here, and where, as a provider's claims say."""

    role: Role
    location_id: UUID | None
    places: frozenset[UUID]


def standing_of(
    vouched: Vouched, provider: Provider, places: Mapping[str, UUID]
) -> Standing | None:
    """Role and places by the first mapping that fits; None: there is nothing for them here."""
    role = next((role for value, role in provider.roles if value in vouched.groups), None)
    if role is None:
        return None
    if role not in STORE_ROLES:
        return Standing(role=role, location_id=None, places=frozenset())
    known = [places[each] for each in vouched.places if each in places]
    if not known:
        return None
    several = known if role in SEVERAL_PLACES else known[:1]
    kept = frozenset(several) if role in SEVERAL_PLACES else frozenset[UUID]()
    return Standing(role=role, location_id=known[0], places=kept)


def read_roles(text: str, names: Mapping[str, Role]) -> tuple[tuple[str, Role], ...]:
    """A mapping as people write it: `group = role`, one in a line, by what roles are called."""
    known = {name.casefold(): role for name, role in names.items()}
    found = []
    for nth, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        value, sign, told = map(str.strip, line.rpartition("="))
        role = known.get(told.casefold())
        if not sign or not value or not value.isprintable() or role is None:
            detail = f"“{line[:60]}” is no group, an equals sign and a role."
            fault = Fault(f"/roles/{nth}", "malformed", detail)
            raise Refusal("invalid", detail=detail, errors=(fault,))
        found.append((value, role))
    return tuple(found)


def check(provider: Provider, *, allowed: str | None) -> Iterator[Fault]:
    """What is wrong with a provider that is asked for; `allowed` says why its address is not."""
    if not CODE.fullmatch(provider.code):
        detail = "A code is 1 to 32 small letters, digits and - between them."
        yield Fault("/code", "malformed", detail)
    if allowed is not None:
        yield Fault("/issuer", "not_allowed", allowed)
    told = (
        ("/name", provider.name, 100),
        ("/client_id", provider.client_id, TEXT_LENGTH_MAX),
        ("/login_claim", provider.login_claim, 100),
    )
    for at, text, most in told:
        if not 1 <= len(text) <= most or not text.isprintable():
            yield Fault(at, "malformed", f"{at[1:]} is one line of 1 to {most} characters.")
    if len(provider.roles) > ROLES_MAX:
        yield Fault("/roles", "out_of_bounds", f"{ROLES_MAX} roles at most.")
    if (provider.role_claim is None) != (not provider.roles):
        yield Fault("/roles", "missing", "A claim for roles and its values belong together.")
    if provider.location_claim is None and any(role in STORE_ROLES for _, role in provider.roles):
        detail = "People of stores need a claim that names their store."
        yield Fault("/location_claim", "missing", detail)


def add_provider(
    tx: Tx, by: Actor, provider: Provider, now: datetime, *, why_not: str | None = None
) -> Provider:
    """One more door; a code or an issuer that is there is refused."""
    if faults := tuple(check(provider, allowed=why_not)):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    if not store.add_provider(tx, provider, now):
        raise Refusal("already_exists", what=f"The provider {provider.code}")
    journal.record(tx, [events.provider_added(provider)], by=by.name, at=now)
    return provider


def remove_provider(tx: Tx, by: Actor, code: str, now: datetime) -> None:
    """Nobody comes by it any more; who is in stays in until their session ends."""
    provider = find_provider(tx, code)
    store.remove_provider(tx, provider.id)
    journal.record(tx, [events.provider_removed(provider)], by=by.name, at=now)


def find_provider(tx: Tx, code: str) -> Provider:
    found = store.find_provider(tx, code)
    if found is None:
        raise Refusal("not_found", what=f"provider {code[:32]}")
    return found


def list_providers(tx: Tx) -> tuple[Provider, ...]:
    return store.list_providers(tx)


def list_vouching(tx: Tx, person_id: UUID) -> tuple[Provider, ...]:
    """By which doors somebody came before."""
    known = store.list_vouching(tx, person_id)
    return tuple(each for each in store.list_providers(tx) if each.id in known)


def let_in(tx: Tx, by: Actor, code: str, login: str, now: datetime) -> None:
    """Somebody who is here already may come by a provider: whoever it calls by their login."""
    provider, person = find_provider(tx, code), find_person(tx, login)
    if not store.add_identity(tx, provider.id, person.id, None):
        raise Refusal("already_exists", what=f"{login} at {provider.name}")
    journal.record(tx, [events.person_vouched(person, provider.code)], by=by.name, at=now)
