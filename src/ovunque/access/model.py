"""Who acts: a person or a program, and what they may do."""

from dataclasses import dataclass
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
