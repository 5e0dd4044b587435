"""The demo retailer's doors: who vouches for its people, its programs, and a store's devices."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.binding import DeviceRequest, bind_device, revoke_device
from ovunque.access.keeping import KeyRequest, create_key
from ovunque.access.model import Actor, Provider, Role, Scope
from ovunque.access.pacing import PaceRequest, note_units
from ovunque.access.vouching import add_provider, list_providers
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Tx

PROGRAMS = (  # The days until a key ends; none: it does not.
    ("warehouse system", frozenset({Scope.STOCK, Scope.FULFILLMENT}), None),
    ("marketplace", frozenset({Scope.ORDERS, Scope.READ}), 300),
    ("accounting", frozenset({Scope.ORDERS}), 20),
)
COPIER = "stock copier"  # Went mad tonight: it is held until somebody has looked.
COPIED = PaceRequest(units=41_300, on_hand=60_000, share_percent=30, units_free=5_000)
DEVICES, LOST = ("Till 1", "Back room tablet"), "Tablet left on the train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Who lays them, and the store whose people the demo has."""

    by: Actor
    store_id: UUID
    new_id: NewId
    new_secret: Callable[[], str] = field(repr=False)
    now: datetime


def lay_doors(tx: Tx, doors: Doors) -> None:
    """All of them, or none: where there is a provider already, nothing is done."""
    if list_providers(tx):
        return
    add_provider(tx, doors.by, provider(doors), doors.now)
    for client, scopes, days in PROGRAMS:
        _let_in(tx, doors, client, scopes, days)
    copier = _let_in(tx, doors, COPIER, frozenset({Scope.STOCK}), None)
    note_units(tx, copier, COPIED, doors.now)
    *_, lost = [_bind(tx, doors, name) for name in (*DEVICES, LOST)]
    revoke_device(tx, doors.by, lost, doors.now)


def provider(doors: Doors) -> Provider:
    """A company's sign-in that nobody can reach: the name is reserved for examples."""
    return Provider(
        id=doors.new_id(),
        code="company",
        name="Tessalba",
        issuer="https://people.example.com",
        client_id="ovunque",
        client_secret=doors.new_secret(),
        role_claim="groups",
        roles=(("store-managers", Role.STORE_MANAGER), ("customer-care", Role.CARE)),
        location_claim="store",
    )


def _let_in(tx: Tx, doors: Doors, client: str, scopes: frozenset[Scope], days: int | None) -> Actor:
    """A program with a key that nobody has: it was shown to nobody."""
    request = KeyRequest(
        key_id=doors.new_id(),
        client_id=doors.new_id(),
        client=client,
        secret=doors.new_secret(),
        scopes=scopes,
        expires_at=doors.now + timedelta(days=days) if days else None,
    )
    create_key(tx, doors.by, request, doors.now)
    return Actor(name=client, client_id=request.client_id, scopes=scopes)


def _bind(tx: Tx, doors: Doors, name: str) -> UUID:
    request = DeviceRequest(
        id=doors.new_id(), name=name, location_id=doors.store_id, token=doors.new_secret()
    )
    return bind_device(tx, doors.by, request, doors.now).id
