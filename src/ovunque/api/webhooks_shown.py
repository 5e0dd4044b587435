"""What messages show: the same as the API."""

from collections.abc import Callable, Mapping
from uuid import UUID

from ovunque.access.model import SYSTEM
from ovunque.api import fulfillments_bodies, orders_shown, parcels
from ovunque.fulfillment.labeling import find_parcel
from ovunque.integrations.webhooks.delivering import Render
from ovunque.orders.listing import find_order
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot


def renders(snapshot: Callable[[], Snapshot]) -> Mapping[str, Render]:
    """How a thing is shown, by the prefix of its public id."""

    def order(tx: Tx, id_: UUID) -> object:
        return orders_shown.show(find_order(tx, id_), snapshot())

    def work(tx: Tx, id_: UUID) -> object:
        found = fulfillments_bodies.find_and_show(tx, SYSTEM, id_, snapshot())
        return found.model_dump(mode="json")

    def parcel(tx: Tx, id_: UUID) -> object:
        return parcels.parcel_shown(find_parcel(tx, SYSTEM, id_)).model_dump(mode="json")

    return {"ord": order, "ful": work, "par": parcel}
