"""What the parcels of an order emit, leg by leg, as things stand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ovunque.catalog.listing import find_items
from ovunque.customers.listing import list_contacts
from ovunque.delivery.model import HUB, PACKAGING, Quality, Vehicle
from ovunque.delivery.rules.emissions import BY_ROAD, Walked, grams, weakest
from ovunque.fulfillment.model import Fulfillment
from ovunque.orders.drafting import UNKNOWN_WEIGHT_G
from ovunque.orders.model import Order
from ovunque.orders.replanning import destination_of
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.walking import walk_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The way of what one fulfillment sends, with what each part of it emits."""

    fulfillment_id: UUID
    weight_g: int
    planned_g: int | None  # As its plan said: factors may have changed since.
    legs: tuple[tuple[str, Walked], ...]  # Each with what moves it, or the hub.

    @property
    def emissions_g(self) -> int:
        return grams(walked.leg for _, walked in self.legs)

    @property
    def quality(self) -> Quality:
        return weakest(walked.leg.quality for _, walked in self.legs)


def trace(
    tx: Tx, snapshot: Snapshot, order: Order, works: Sequence[Fulfillment]
) -> Mapping[UUID, Traced]:
    """By fulfillment; of a location or a service that is gone there is nothing to tell."""
    contacts = list_contacts(tx, [each.contact_id for each in order.deliveries if each.contact_id])
    items = find_items(tx, {line.sku for work in works for line in work.lines})
    weights = {sku: item.weight_g for sku, item in items.items()}
    known = {each.id: each for each in snapshot.delivery.services}
    traced: dict[UUID, Traced] = {}
    for work in works:
        service = known.get(work.carrier_service_id) if work.carrier_service_id else None
        if work.location_id not in snapshot.network.position_of:
            continue
        if work.carrier_service_id is not None and service is None:
            continue
        weight_g = sum(
            line.quantity * (weights.get(line.sku) or UNKNOWN_WEIGHT_G) for line in work.lines
        )
        destination = destination_of(order, work.delivery, contacts, is_sent=bool(work.collect_at))
        legs = walk_to(snapshot, destination, work.location_id, work.carrier_service_id, weight_g)
        haul = service.line_haul if service else BY_ROAD
        movers = {
            "replacement": str(BY_ROAD),
            "line_haul": haul,
            "last_mile": service.last_mile if service else str(Vehicle.VAN_DIESEL),
            HUB: HUB,
            PACKAGING: PACKAGING,
        }
        traced[work.id] = Traced(
            fulfillment_id=work.id,
            weight_g=weight_g,
            planned_g=work.emissions_g,
            legs=tuple((movers[each.leg.name], each) for each in legs if each.leg.mg),
        )
    return traced
