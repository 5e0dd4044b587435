"""The fulfillment room's SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment, FulfillmentLine, FulfillmentState
from ovunque.platform.database import Tx, document


def add_fulfillments(tx: Tx, fulfillments: Sequence[Fulfillment]) -> None:
    tx.execute(
        """
        with work as (
          insert into fulfillment (id, order_id, delivery_nth, location_id, carrier_service_id,
                                   service, state, planned_at)
          select * from json_to_recordset(%(fulfillments)s)
              as told (id uuid, order_id uuid, delivery int, location_id uuid,
                       carrier_service_id uuid, service text, state text, planned_at timestamptz)
        )
        insert into fulfillment_line (fulfillment_id, line_id, reservation_id, sku, quantity)
        select * from json_to_recordset(%(lines)s)
            as told (fulfillment_id uuid, line_id uuid, reservation_id uuid, sku text, quantity int)
        """,
        {
            "fulfillments": document([_row(each) for each in fulfillments]),
            "lines": document(
                [_line_row(each, line) for each in fulfillments for line in each.lines]
            ),
        },
    )


def _row(each: Fulfillment) -> dict[str, object]:
    return {
        "id": each.id,
        "order_id": each.order_id,
        "delivery": each.delivery,
        "location_id": each.location_id,
        "carrier_service_id": each.carrier_service_id,
        "service": each.service,
        "state": each.state,
        "planned_at": each.planned_at,
    }


def _line_row(each: Fulfillment, line: FulfillmentLine) -> dict[str, object]:
    return {
        "fulfillment_id": each.id,
        "line_id": line.line_id,
        "reservation_id": line.reservation_id,
        "sku": line.sku,
        "quantity": line.quantity,
    }


def list_of_orders(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Fulfillment, ...]:
    """The fulfillments of some orders, in the order they were planned."""
    rows = tx.execute(
        """
        select id, order_id, delivery_nth, location_id, carrier_service_id, service, state,
               planned_at
          from fulfillment where order_id = any(%(order_ids)s::uuid[]) order by id
        """,
        {"order_ids": list(order_ids)},
    ).fetchall()
    return _with_lines(tx, rows)


def list_fulfillments(
    tx: Tx, *, location_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> tuple[Fulfillment, ...]:
    """Fulfillments of a location, in a state, oldest first."""
    rows = tx.execute(
        """
        select id, order_id, delivery_nth, location_id, carrier_service_id, service, state,
               planned_at
          from fulfillment
         where (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
           and (%(state)s::text is null or state = %(state)s::text)
           and (%(after)s::uuid is null or id > %(after)s::uuid)
         order by id
         limit %(limit)s
        """,
        {"location_id": location_id, "state": state, "after": after, "limit": limit},
    ).fetchall()
    return _with_lines(tx, rows)


def _with_lines(tx: Tx, rows: Iterable[Sequence[Any]]) -> tuple[Fulfillment, ...]:
    found = list(rows)
    lines: dict[UUID, list[FulfillmentLine]] = defaultdict(list)
    for fulfillment_id, line_id, reservation_id, sku, quantity in tx.execute(
        """
        select fulfillment_id, line_id, reservation_id, sku, quantity from fulfillment_line
         where fulfillment_id = any(%(ids)s::uuid[]) order by fulfillment_id, line_id, sku
        """,
        {"ids": [row[0] for row in found]},
    ):
        lines[fulfillment_id].append(
            FulfillmentLine(
                line_id=line_id, reservation_id=reservation_id, sku=sku, quantity=quantity
            )
        )
    return tuple(
        Fulfillment(
            id=id_,
            order_id=order_id,
            delivery=delivery,
            location_id=location_id,
            carrier_service_id=carrier_service_id,
            service=service,
            state=FulfillmentState(state),
            planned_at=planned_at,
            lines=tuple(lines[id_]),
        )
        for (
            id_,
            order_id,
            delivery,
            location_id,
            carrier_service_id,
            service,
            state,
            planned_at,
        ) in found
    )
