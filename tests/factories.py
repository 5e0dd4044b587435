"""Small things that tests are made of."""

from datetime import UTC, datetime
from uuid import UUID

from ovunque.access.model import Actor, Scope
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Tx
from ovunque.stock.counting import count
from ovunque.stock.model import Ask, Count, Key, Reservation, StockLevel

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TESTER = Actor(name="tester", client_id=UUID(int=7), scopes=frozenset({Scope.ALL}))

MILAN, TURIN, ROME = (UUID(int=nth) for nth in (1, 2, 3))


def level(key: Key, *, free: int, reserved: int = 0, version: int = 1) -> StockLevel:
    return StockLevel(
        key=key, on_hand=free + reserved, unavailable=0, reserved=reserved, version=version
    )


def put_stock(tx: Tx, key: Key, *, on_hand: int, as_of: datetime = NOW) -> None:
    count(tx, TESTER, "test", [Count(key=key, on_hand=on_hand, as_of=as_of)], as_of)


def take(new_id: NewId, key: Key, quantity: int = 1, order_id: UUID | None = None) -> Reservation:
    return Reservation(
        id=new_id(), line_id=new_id(), key=key, quantity=quantity, order_id=order_id or new_id()
    )


def cart(new_id: NewId, *keys: Key, channel_id: UUID | None = None) -> Ask:
    return Ask(plans=(tuple(take(new_id, key) for key in keys),), channel_id=channel_id)
