"""The rows of an order as they travel."""

from operator import itemgetter

from ovunque.orders.model import Delivery, Order, OrderLine
from ovunque.orders.store.wording import sealed_of
from ovunque.platform.row_types import RowType

ORDERS = RowType(
    "order_row",
    "id uuid, channel_id uuid, customer_id uuid, placed_at timestamptz, number text, "
    "currency text, on_shortage text, external_id text?, words bytea?",
)
DELIVERIES = RowType(
    "delivery_row",
    "order_id uuid, nth int, service text, contact_id uuid?, location_id uuid?",
)
CHARGES = RowType("charge_row", "order_id uuid, nth int, amount bigint, kind text")
DECISIONS = RowType("decision_row", "order_id uuid, nth int, decided_at timestamptz, body jsonb")
DECISION = itemgetter("order_id", "nth", "decided_at", "body")
LINES = RowType(
    "order_line_row",
    "id uuid, order_id uuid, nth int, delivery_nth int, ordered int, unplaced int, "
    "backordered int, canceled int, unit_price bigint, discount bigint, home_available int, "
    "sku text, tax_rate_ppm int?, expected_on date?, instead_of uuid?",
)


def order_row(order: Order) -> tuple[object, ...]:
    return (
        order.id,
        order.channel_id,
        order.customer_id,
        order.placed_at,
        order.number,
        order.currency,
        order.on_shortage,
        order.external_id,
        sealed_of(order),
    )


def delivery_row(order: Order, each: Delivery) -> tuple[object, ...]:
    return order.id, each.nth, each.service, each.contact_id, each.location_id


def line_row(order: Order, line: OrderLine) -> tuple[object, ...]:
    return (
        line.id,
        order.id,
        line.nth,
        line.delivery,
        line.ordered,
        line.unplaced,
        line.backordered,
        line.canceled,
        line.unit_price,
        line.discount,
        line.home_available,
        line.sku,
        line.tax_rate_ppm,
        line.expected_on,
        line.instead_of,
    )
