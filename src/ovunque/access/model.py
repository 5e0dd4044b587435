"""Who acts: a person or a program, and what they may do."""

from dataclasses import dataclass
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

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ALL in self.scopes


SYSTEM = Actor(name="system", client_id=UUID(int=0), scopes=frozenset({Scope.ALL}))


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
