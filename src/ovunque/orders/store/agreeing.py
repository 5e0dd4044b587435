"""What was agreed about fetching deliveries."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ovunque.customers.rules import parse_collector, written
from ovunque.orders.model import Agreement
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

COLLECTORS = Drawer(table="pickup_agreement", column="collector", keys=("order_id", "delivery_nth"))


def find_agreement(tx: Tx, order_id: UUID, delivery: int) -> Agreement:
    """What was agreed; nothing, as long as nobody has said anything."""
    found = (each for each in list_agreements(tx, [order_id]) if each.delivery == delivery)
    return next(found, Agreement(order_id=order_id, delivery=delivery))


def list_agreements(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Agreement, ...]:
    rows = tx.execute(
        """
        select order_id, delivery_nth, collector, to_pay, receipt, paid_at, paid_by
          from pickup_agreement where order_id = any(%(ids)s::uuid[])
         order by order_id, delivery_nth
        """,
        {"ids": list(order_ids)},
    )
    return tuple(map(_agreement, rows))


def _agreement(row: Sequence[Any]) -> Agreement:
    order_id, delivery, collector, to_pay, receipt, paid_at, paid_by = row
    told = collector and COLLECTORS.read(collector, order_id, delivery).decode()
    return Agreement(
        order_id=order_id,
        delivery=delivery,
        collector=parse_collector(told) if told else None,
        to_pay=to_pay,
        receipt=receipt,
        paid_at=paid_at,
        paid_by=paid_by,
    )


def add_agreements(tx: Tx, agreements: Sequence[Agreement]) -> None:
    """Who may fetch deliveries about which nothing else is agreed yet."""
    tx.execute(
        """
        insert into pickup_agreement (order_id, delivery_nth, collector)
        select * from unnest(%(ids)s::uuid[], %(nths)s::int[], %(collectors)s::bytea[])
        """,
        {
            "ids": [each.order_id for each in agreements],
            "nths": [each.delivery for each in agreements],
            "collectors": [_sealed(each) for each in agreements],
        },
    )


def save_agreement(tx: Tx, agreed: Agreement) -> None:
    tx.execute(
        """
        insert into pickup_agreement (order_id, delivery_nth, collector, to_pay, receipt, paid_at,
                                      paid_by)
        values (%(order_id)s, %(nth)s, %(collector)s, %(to_pay)s, %(receipt)s, %(paid_at)s,
                %(paid_by)s)
            on conflict (order_id, delivery_nth) do update
           set collector = excluded.collector, to_pay = excluded.to_pay,
               receipt = excluded.receipt, paid_at = excluded.paid_at, paid_by = excluded.paid_by
        """,
        {
            "order_id": agreed.order_id,
            "nth": agreed.delivery,
            "collector": _sealed(agreed),
            "to_pay": agreed.to_pay,
            "receipt": agreed.receipt,
            "paid_at": agreed.paid_at,
            "paid_by": agreed.paid_by,
        },
    )


def _sealed(agreed: Agreement) -> bytes | None:
    if agreed.collector is None:
        return None
    told = written(agreed.collector).encode()
    return COLLECTORS.seal(told, agreed.order_id, agreed.delivery)
