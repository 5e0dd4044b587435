"""Orders as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ovunque.fulfillment import consulting, keeping_back
from ovunque.fulfillment.listing import list_work_of
from ovunque.fulfillment.model import Fulfillment
from ovunque.kernel.refusal import Refusal
from ovunque.orders import rules, store
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Tx
from ovunque.promise.keeping import list_kept, list_milestones
from ovunque.promise.model import KeptPromise, Standing
from ovunque.sourcing.explaining import Explained, explain


class Instead(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was given up for a better one, at the prices of that moment."""

    cost_cents: int
    emissions_g: int
    beside_cents: int
    locations: tuple[UUID, ...]
    arrives_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why an order is served as it is."""

    nth: int
    decided_at: datetime
    body: dict[str, Any]
    deliveries: tuple[Explained, ...]

    @property
    def passed_over(self) -> int:
        """Plans that were gone when its turn came."""
        return int(self.body.get("passed_over", 0))

    @property
    def deviations(self) -> dict[int, str]:
        """Deliveries that are not served as they were promised."""
        told = self.body.get("deviations", {})
        return {int(nth): deviation for nth, deviation in told.items()}

    @property
    def instead(self) -> Instead | None:
        """What it had been planned as, if it moved because elsewhere was better."""
        told = self.body.get("instead")
        return msgspec.convert(told, Instead) if told else None

    @property
    def excluded(self) -> tuple[UUID, ...]:
        """Locations that had been asked for this order, and did not serve it."""
        return tuple(UUID(each) for each in self.body.get("excluded", ()))


def find_order(tx: Tx, order_id: UUID) -> Order:
    """One order with its lines, deliveries, charges and fulfillments."""
    row = store.find_order(tx, order_id)
    if row is None:
        raise Refusal("not_found", what="order")
    return _assemble(tx, [row])[0]


def list_orders(
    tx: Tx,
    *,
    channel_id: UUID | None,
    status: OrderStatus | None,
    standing: Standing | None = None,
    before: UUID | None,
    limit: int,
) -> tuple[Order, ...]:
    """Orders, newest first."""
    rows = store.list_orders(
        tx, channel_id=channel_id, status=status, standing=standing, before=before, limit=limit
    )
    return _assemble(tx, rows)


def list_by_id(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Order, ...]:
    """Some orders, in the order of their ids."""
    return _assemble(tx, store.list_by_id(tx, order_ids))


def find_by_number(tx: Tx, number: str) -> Order:
    """The order that people call by this number."""
    row = store.find_order_by_number(tx, number)
    if row is None:
        raise Refusal("not_found", what=number[:40])
    return _assemble(tx, [row])[0]


def list_decisions(tx: Tx, order_id: UUID) -> tuple[Decision, ...]:
    """The decisions taken for an order, first to last."""
    rows = store.list_decisions(tx, order_id)
    explained = explain(tx, [body for *_, body in rows])
    return tuple(
        Decision(nth=nth, decided_at=decided_at, body=body, deliveries=deliveries)
        for (nth, decided_at, body), deliveries in zip(rows, explained, strict=True)
    )


def _assemble(tx: Tx, rows: Sequence[Sequence[Any]]) -> tuple[Order, ...]:
    ids = [row[0] for row in rows]
    lines, deliveries = store.list_lines(tx, ids), store.list_deliveries(tx, ids)
    charges = store.list_charges(tx, ids)
    work: dict[UUID, list[Fulfillment]] = {id_: [] for id_ in ids}
    for each in list_work_of(tx, ids):
        work[each.order_id].append(each)
    promises: dict[UUID, list[KeptPromise]] = {id_: [] for id_ in ids}
    for kept in list_kept(tx, ids):
        promises[kept.order_id].append(kept)
    questions, holds = consulting.list_open(tx, ids), keeping_back.list_open(tx, ids)
    milestones = list_milestones(tx, [each.id for works in work.values() for each in works])
    return tuple(
        store.order_of(
            row,
            lines=rules.with_work(lines[row[0]], work[row[0]]),
            deliveries=tuple(deliveries[row[0]]),
            charges=tuple(charges[row[0]]),
            fulfillments=tuple(work[row[0]]),
            promises=tuple(promises[row[0]]),
            questions=tuple(each for each in questions if each.order_id == row[0]),
            holds=tuple(each for each in holds if each.order_id == row[0]),
            milestones={
                each.id: milestones[each.id] for each in work[row[0]] if each.id in milestones
            },
        )
        for row in rows
    )
