"""What was agreed about fetching deliveries."""

from uuid import UUID

from ovunque.orders.model import Agreement
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

COLLECTORS = Drawer(table="pickup_agreement", column="collector", keys=("order_id", "delivery_nth"))


def find_agreement(tx: Tx, order_id: UUID, delivery: int) -> Agreement:
    """What was agreed; nothing, as long as nobody has said anything."""
    row = tx.execute(
        """
        select collector, to_pay, receipt, paid_at, paid_by
          from pickup_agreement where order_id = %(id)s and delivery_nth = %(nth)s
        """,
        {"id": order_id, "nth": delivery},
    ).fetchone()
    collector, to_pay, receipt, paid_at, paid_by = row or (None, None, None, None, None)
    return Agreement(
        order_id=order_id,
        delivery=delivery,
        collector=collector and COLLECTORS.read(collector, order_id, delivery).decode(),
        to_pay=to_pay,
        receipt=receipt,
        paid_at=paid_at,
        paid_by=paid_by,
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
            "collector": agreed.collector
            and COLLECTORS.seal(agreed.collector.encode(), agreed.order_id, agreed.delivery),
            "to_pay": agreed.to_pay,
            "receipt": agreed.receipt,
            "paid_at": agreed.paid_at,
            "paid_by": agreed.paid_by,
        },
    )
