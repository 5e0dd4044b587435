"""A past becomes rows: each room writes its own, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from ovunque.customers.knowing import add_contacts, know
from ovunque.fulfillment import restoring as fulfillment
from ovunque.fulfillment.restoring import draw_serials
from ovunque.kernel.ids import NewId
from ovunque.orders import restoring as orders_room
from ovunque.orders.model import Order
from ovunque.orders.numbering import Numbers
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.promise.keeping import keep
from ovunque.simulation.history.house import House
from ovunque.sourcing.explaining import remember
from ovunque.stock import restoring as stock

T = TypeVar("T")
ROWS_AT_ONCE = 2_000
DRAWN_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a past has come to."""

    orders: int
    parcels: int
    levels: int
    facts: int
    rows: int


def order_numbers(database: Database) -> Iterator[str]:
    """Numbers that no other order has, as many as are asked for."""
    numbers = Numbers()
    while True:
        yield from database.transact(lambda tx: numbers.draw(tx, DRAWN_AT_ONCE)())


def parcel_serials(database: Database) -> Iterator[int]:
    """Serials that no other parcel has."""
    while True:
        yield from database.transact(lambda tx: draw_serials(tx, DRAWN_AT_ONCE))


def write(tx: Tx, house: House, new_id: NewId, now: datetime) -> Written:
    """Everything that was lived, at once or not at all."""
    tx.execute("set local statement_timeout = 0")
    tx.execute("set local idle_in_transaction_session_timeout = 0")
    rows = write_orders(tx, house, new_id, now)
    rows += fulfillment.restore(tx, past_of(house))
    past = house.ledger.past()
    opening = house.ledger.rows(opening=True)
    levels = stock.restore_opening(tx, opening, house.ledger.counted_at.isoformat())
    rows += levels + stock.restore(tx, house.ledger.rows(), past, now)
    facts = journal.restore(tx, house.chronicle.facts, house.chronicle.last_seqs)
    return Written(
        orders=len(house.orders),
        parcels=len(house.parcels),
        levels=levels,
        facts=facts,
        rows=rows + facts + len(house.orders),
    )


def write_orders(tx: Tx, house: House, new_id: NewId, now: datetime) -> int:
    """Orders with their customers, addresses, decisions and promises."""
    orders: list[Order] = []
    for chunk in chunks([*house.orders.values()]):
        customer_ids = know(tx, [house.people[order.id] for order in chunk], now, new_id)
        orders += [
            replace(order, customer_id=customer_id)
            for order, customer_id in zip(chunk, customer_ids, strict=True)
        ]
    for contacts in chunks([*house.contacts.values()]):
        add_contacts(tx, contacts)
    remember(tx, house.candidates.values())
    rows = orders_room.restore(tx, orders, house.decisions)
    promises = [promise for order in orders for promise in order.promises]
    for kept in chunks(promises):
        keep(tx, kept)
    return rows + len(house.contacts) + len(promises)


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[at : at + ROWS_AT_ONCE] for at in range(0, len(rows), ROWS_AT_ONCE))


def past_of(house: House) -> fulfillment.Past:
    parcels = house.parcels
    return fulfillment.Past(
        works=tuple(house.works.values()),
        offers=house.offers.values(),
        parcels=parcels.values(),
        labels=[(parcels[id_], label) for id_, label in house.labels.items()],
        manifests=house.manifests,
        words=[(carrier, parcels[id_], word, at) for carrier, id_, word, at in house.words],
    )
