"""Single sign-on: people are sent to their company's own door, and come back vouched for.

OpenID Connect, authorization code flow with PKCE. Nothing that a browser carries is believed: the
state opens once, in the browser that left, and what counts is fetched from the provider by us.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

from ovunque.access import believing, entering, events, rules, store, vouching
from ovunque.access.believing import DRIFT, Expected, NotBelieved
from ovunque.access.describing import Directory
from ovunque.access.hashing import hash_password
from ovunque.access.keeping import digest
from ovunque.access.model import Flow, Person, Provider, Session, Theme, Vouched
from ovunque.access.ports import ProviderSilent
from ovunque.access.proving import has_factor
from ovunque.access.vouching import Standing
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx

AWAY_MAX = timedelta(minutes=10)
SCOPE = "openid profile email"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRequest:
    """Who wants to go where; the secrets are drawn at the edge."""

    provider: str  # Its code.
    browser: str = field(repr=False)  # What this browser carries.
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    back: str  # The address of ours that they come back to.
    next: str
    address: str
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRequest:
    """Who came back with what, and what a new session of theirs is made of."""

    provider: str
    browser: str = field(repr=False)
    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None  # As the way back names it (RFC 9207).
    back: str
    places: Mapping[str, UUID]  # Locations by their code.
    person_id: UUID
    session_id: UUID
    token: str = field(repr=False)
    password: str = field(repr=False)  # Of somebody new, for nobody to know.
    salt: bytes = field(repr=False)
    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """They are in; `session` is None when they only showed again who they are."""

    session: Session | None
    next: str


def begin(database: Database, directory: Directory, request: BeginRequest, now: datetime) -> str:
    """The address of the provider's door for this browser."""
    provider = database.transact(lambda tx: _count(tx, request, now))
    try:
        endpoints = directory.endpoints(provider.issuer, now)
    except ProviderSilent as why:
        raise Refusal("provider_silent", name=provider.name, why=str(why)) from None
    flow = Flow(
        provider_id=provider.id,
        browser=digest(request.browser),
        nonce=request.nonce,
        verifier=request.verifier,
        person_id=request.person_id,
        next=request.next,
        begun_at=now,
    )
    database.transact(lambda tx: store.add_flow(tx, digest(request.state), flow))
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": request.back,
        "scope": SCOPE,
        "state": request.state,
        "nonce": request.nonce,
        "code_challenge": challenge_of(request.verifier),
        "code_challenge_method": "S256",
    }
    if provider.strength:
        asked["acr_values"] = provider.strength
    if request.person_id is not None:
        asked |= {"prompt": "login", "max_age": "0"}
    joined = "&" if "?" in endpoints.authorization else "?"
    return endpoints.authorization + joined + urlencode(asked)


def _count(tx: Tx, request: BeginRequest, now: datetime) -> Provider:
    """The provider; who sends too many people away has to wait, as who tries too many names."""
    provider = store.find_provider(tx, request.provider)
    if provider is None:
        raise Refusal("not_found", what="way to sign in")
    key = f"sso:{request.address}"
    store.remove_tries(tx, now - rules.TRIES_WINDOW)
    store.remove_flows(tx, now - AWAY_MAX)
    if store.add_tries(tx, [key], now)[key] > rules.ADDRESS_TRIES_MAX:
        raise Refusal("sign_in_throttled")
    return provider


def challenge_of(verifier: str) -> str:
    """What is told of a verifier in advance (RFC 7636, S256)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way there that came to its end: whose door, what was remembered, what came back."""

    provider: Provider
    flow: Flow
    request: FinishRequest


def finish(
    database: Database, directory: Directory, request: FinishRequest, now: datetime
) -> Finished:
    """A session, or a proof, for whoever the provider vouches for; the state is used up."""
    flow = database.transact(lambda tx: store.remove_flow(tx, digest(request.state)))
    provider = database.read(lambda tx: store.find_provider(tx, request.provider))
    if flow is None or provider is None or not belongs(flow, provider, request, now):
        raise Refusal("sso_over")
    way = _Way(provider=provider, flow=flow, request=request)
    vouched = _ask(directory, way, now)
    if flow.person_id is not None:
        database.transact(lambda tx: _prove(tx, way, vouched, now))
        return Finished(session=None, next=flow.next)
    known = database.read(lambda tx: store.find_vouched(tx, provider.id, vouched.subject))
    # Somebody new has a password that nobody knows: it takes its time, so it is made out here.
    kept = None if known else hash_password(request.password, request.salt)
    session = database.transact(lambda tx: _enter(tx, way, vouched, kept, now))
    return Finished(session=session, next=flow.next)


def belongs(flow: Flow, provider: Provider, request: FinishRequest, now: datetime) -> bool:
    """Whether this way back belongs to the way there: provider, browser, time, issuer."""
    return (
        flow.provider_id == provider.id
        and flow.browser == digest(request.browser)
        and now - flow.begun_at < AWAY_MAX
        and request.issuer in (None, provider.issuer)
    )


def _ask(directory: Directory, way: _Way, now: datetime) -> Vouched:
    """What the provider itself says for this code; no transaction is open meanwhile."""
    provider = way.provider
    expected = Expected(provider=provider, nonce=way.flow.nonce, now=now)
    try:
        endpoints = directory.endpoints(provider.issuer, now)
        told = directory.outside.post(endpoints.exchange, *_form(way, by_basic=endpoints.by_basic))
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("no ID token")
        return believing.read(
            token, lambda kid: directory.keys(provider.issuer, kid, now), expected
        )
    except ProviderSilent as why:
        raise Refusal("provider_silent", name=provider.name, why=str(why)) from None
    except NotBelieved as why:
        raise Refusal("sso_failed", name=provider.name, why=str(why)) from None


def _form(way: _Way, *, by_basic: bool) -> tuple[dict[str, str], tuple[str, str] | None]:
    """What a code is exchanged with, our secret where the provider wants it."""
    provider = way.provider
    form = {
        "grant_type": "authorization_code",
        "code": way.request.code,
        "redirect_uri": way.request.back,
        "code_verifier": way.flow.verifier,
    }
    if provider.client_secret is None:
        return form | {"client_id": provider.client_id}, None
    if by_basic:
        return form, (provider.client_id, provider.client_secret)
    secret = {"client_id": provider.client_id, "client_secret": provider.client_secret}
    return form | secret, None


def _prove(tx: Tx, way: _Way, vouched: Vouched, now: datetime) -> None:
    """They are the person who left, and showed it there since."""
    person = store.find_vouched(tx, way.provider.id, vouched.subject)
    shown = vouched.shown_at + DRIFT >= way.flow.begun_at
    if person is None or person.id != way.flow.person_id or not shown:
        raise Refusal("sso_failed", name=way.provider.name, why="not shown again")
    store.save_rotation(tx, digest(way.request.browser), digest(way.request.token), now)


def _enter(tx: Tx, way: _Way, vouched: Vouched, kept: str | None, now: datetime) -> Session:
    provider, request = way.provider, way.request
    known = store.find_vouched(tx, provider.id, vouched.subject) or store.save_subject(
        tx, provider.id, vouched.login, vouched.subject
    )
    standing = vouching.standing_of(vouched, provider, request.places)
    if standing is None and (known is None or provider.role_claim is not None):
        raise Refusal("sso_unknown", name=provider.name)
    if known is not None:
        person = _follow(tx, known, standing, provider, now)
    else:
        assert standing is not None, "nobody new comes in without a role"
        person = _welcome(tx, way, standing, newcomer(way, vouched, standing, now), kept)
    if person.disabled_at is not None:
        raise Refusal("sso_unknown", name=provider.name)
    session = Session(
        id=request.session_id,
        person=person,
        opened_at=now,
        seen_at=now,
        proven_at=now,
        is_half=provider.strength is None and has_factor(tx, person),
        is_strong=provider.strength is not None,
        address=request.address[: entering.ADDRESS_LENGTH_MAX],
        agent=request.agent[: entering.AGENT_LENGTH_MAX],
    )
    store.add_session(tx, digest(request.token), session)
    if not session.is_half:
        journal.record(tx, [events.signed_in(person, provider.code)], by=person.login, at=now)
    return session


def newcomer(way: _Way, vouched: Vouched, standing: Standing, now: datetime) -> tuple[Person, str]:
    """Somebody new as their provider names them, and their subject there."""
    person = Person(
        id=way.request.person_id,
        login=vouched.login,
        name=vouched.name[: rules.PERSON_NAME_LENGTH_MAX],
        role=standing.role,
        location_id=standing.location_id,
        language=None,
        theme=Theme.SYSTEM,
        created_at=now,
    )
    return person, vouched.subject


def _welcome(
    tx: Tx, way: _Way, standing: Standing, new: tuple[Person, str], kept: str | None
) -> Person:
    """Enter somebody new; a name that another has here is not theirs by saying so."""
    (person, subject), provider = new, way.provider
    has_location = person.location_id is not None
    faults = tuple(
        rules.check_person(person.login, person.name, person.role, has_location=has_location)
    )
    if faults or kept is None or not store.add_person(tx, person, kept):
        raise Refusal("sso_unknown", name=provider.name)
    store.add_identity(tx, provider.id, person.id, subject)
    store.save_places(tx, person.id, standing.places)
    facts = [events.person_created(person), events.person_vouched(person, provider.code)]
    journal.record(tx, facts, by=f"sso:{provider.code}", at=person.created_at)
    return person


def _follow(
    tx: Tx, known: Person, standing: Standing | None, provider: Provider, now: datetime
) -> Person:
    """Somebody who is here already: what their provider says of role and place counts."""
    if standing is None:
        return known
    at = standing.location_id
    if known.location_id in standing.places:
        at = known.location_id  # Who has several places goes on where they worked last.
    person = replace(known, role=standing.role, location_id=at)
    store.save_places(tx, person.id, standing.places)
    if person != known:
        store.save_standing(tx, person)
        journal.record(tx, [events.standing_changed(person)], by=f"sso:{provider.code}", at=now)
    return person
