"""Who acts: a person or a program, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    READ = "read"
    PROMISE = "promise"
    PROMISE_COST = "promise:cost"
    ORDERS = "orders"
    STOCK = "stock"
    FULFILLMENT = "fulfillment"
    RETURNS = "returns"
    CUSTOMERS = "customers"
    CONFIG = "config"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, as the journal names them; `client_id` owns the idempotency keys."""

    name: str
    client_id: UUID
    scopes: frozenset[Scope]
    location_id: UUID | None = None  # Set: sees and does this location's work only.
    addresses: tuple[str, ...] = ()  # Networks its key is bound to; none: all.
    expires_at: datetime | None = None  # When its key ends, if it does.

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ALL in self.scopes


SYSTEM = Actor(name="system", client_id=UUID(int=0), scopes=frozenset({Scope.ALL}))


STRANGER = Actor(name="anybody", client_id=UUID(int=2), scopes=frozenset())


KEY_LEAD = "ovq_"
TOKEN_LENGTH = len(KEY_LEAD) + 43  # 256 bits in characters that an URL lets through.
HINT_LENGTH = 4
CLIENT_NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's key as it may be shown: the secret itself is nowhere kept."""

    id: UUID
    client_id: UUID
    client: str
    hint: str  # Its last characters, so that a person can tell keys apart.
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    addresses: tuple[str, ...] = ()  # Networks it may come from; none: all.


class Role(StrEnum):
    """What a person does here, and so what they may see and do."""

    SELLER = "seller"
    ASSOCIATE = "associate"
    STORE_MANAGER = "store_manager"
    AREA_MANAGER = "area_manager"
    PARTNER = "partner"
    CARE = "care"
    MERCHANDISER = "merchandiser"
    EXECUTIVE = "executive"
    ADMIN = "admin"


# Who works for several places does so in one at a time: the walls know one.
SEVERAL_PLACES = frozenset({Role.AREA_MANAGER, Role.PARTNER})
STORE_ROLES = frozenset({Role.SELLER, Role.ASSOCIATE, Role.STORE_MANAGER}) | SEVERAL_PLACES
SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    Role.SELLER: frozenset({Scope.READ, Scope.PROMISE, Scope.ORDERS, Scope.CUSTOMERS}),
    Role.ASSOCIATE: frozenset({Scope.READ, Scope.FULFILLMENT, Scope.STOCK}),
    Role.STORE_MANAGER: frozenset({Scope.READ, Scope.FULFILLMENT, Scope.STOCK, Scope.RETURNS}),
    Role.AREA_MANAGER: frozenset({Scope.READ, Scope.FULFILLMENT, Scope.STOCK, Scope.RETURNS}),
    Role.PARTNER: frozenset({Scope.FULFILLMENT}),
    Role.CARE: frozenset({Scope.READ, Scope.PROMISE, Scope.ORDERS, Scope.RETURNS, Scope.CUSTOMERS}),
    Role.MERCHANDISER: frozenset({Scope.READ, Scope.PROMISE_COST, Scope.STOCK, Scope.CONFIG}),
    Role.EXECUTIVE: frozenset({Scope.READ, Scope.PROMISE_COST}),
    Role.ADMIN: frozenset({Scope.CONFIG}),
}


class Language(StrEnum):
    ENGLISH = "en"
    ITALIAN = "it"


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here; store people work at one location and see no other's work."""

    id: UUID
    login: str
    name: str
    role: Role
    location_id: UUID | None
    language: Language | None  # None: as their browser asks.
    theme: Theme
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """This person as the journal names them."""
        return Actor(self.login, self.id, SCOPES_OF[self.role], self.location_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter:
    """Which people to list; what is not said does not matter."""

    role: Role | None = None
    location_id: UUID | None = None
    left: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who signed in, until they leave or stay away too long."""

    id: UUID
    person: Person
    opened_at: datetime
    seen_at: datetime
    proven_at: datetime  # When they last showed who they are.
    is_half: bool = False  # The password was right; the second factor is still missing.
    address: str = ""
    agent: str = ""
    device_id: UUID | None = None
    is_strong: bool = False  # They showed two things: a phone, a device, or a provider that asks.


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """A secret that an app on somebody's phone shares with us."""

    person_id: UUID
    secret: bytes = field(repr=False)
    confirmed_at: datetime | None = None  # None: shown, and not tried yet.
    last_step: int = 0  # A code opens once.


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser that belongs to a store: there its people enter by a PIN."""

    id: UUID
    name: str
    location_id: UUID
    bound_by: str
    bound_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A company's own sign-in, which vouches for people by OpenID Connect."""

    id: UUID
    code: str
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    login_claim: str = "preferred_username"
    role_claim: str | None = None  # None: roles are given here, and nobody new comes in.
    roles: tuple[tuple[str, Role], ...] = ()  # By value of the claim; the first that fits counts.
    location_claim: str | None = None
    strength: str | None = None  # The `acr` that it has to vouch for.


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Somebody who was sent to a provider and has not come back."""

    provider_id: UUID
    browser: bytes
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    person_id: UUID | None  # Set: they are in, and show again who they are.
    next: str
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What a provider says of somebody, in a token that was checked."""

    subject: str
    name: str
    login: str
    groups: frozenset[str]
    places: tuple[str, ...]
    shown_at: datetime  # When they last showed there who they are.


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHold:
    """A program that suddenly moved too much stock: it writes nothing until a person has looked."""

    client_id: UUID
    client: str
    units: int  # Moved within the hour.
    units_max: int
    held_at: datetime
