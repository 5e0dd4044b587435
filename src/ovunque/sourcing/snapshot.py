"""All that planning reads, in memory: the parts that each room builds of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from ovunque.catalog import snapshot as catalog_part
from ovunque.catalog.snapshot import CatalogView
from ovunque.delivery import snapshot as delivery_part
from ovunque.delivery.snapshot import DeliveryView
from ovunque.network import snapshot as network_part
from ovunque.network.model import Capability, LocationState
from ovunque.network.snapshot import ChannelView, NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Cursor, Entry
from ovunque.sourcing.model import Destination, Ints
from ovunque.stock import snapshot as stock_part
from ovunque.stock.events import CHANGED as STOCK_CHANGED
from ovunque.stock.snapshot import StockView

LANES_MAX = 20_000  # destinations x channels remembered; the oldest go first
PARCEL_WEIGHT_MAX_G = 1_000_000  # what a customer may carry away
MINUTES_PER_DAY = 24 * 60
NETWORK = {"location.changed", "channel.changed", "legal_entity.changed", "group.changed"}
DELIVERY = {"carrier.changed", "zone.changed", "lane.changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Parallel arrays over columns, sorted by (location code, carrier, service)."""

    location: Ints  # [C] position in the network
    carrier_service_ids: tuple[UUID | None, ...]
    fixed_cents: Ints
    pick_cents: Ints
    lead_minutes: Ints
    edges_g: Ints
    price_cents: Ints  # [C, B]


class LaneBook:
    """Lanes by channel, service and destination zone, built when first asked for."""

    def __init__(self, network: NetworkView, delivery: DeliveryView) -> None:
        self._network = network
        self._delivery = delivery
        self._known: dict[tuple[str, str, UUID | None], Lanes] = {}

    def to(self, channel: ChannelView, destination: Destination) -> Lanes:
        """Every possible parcel for a destination; none when nobody delivers there."""
        place = destination.location_id
        if place is None:
            assert destination.country is not None
            place = self._delivery.zone_of(destination.country, destination.postal_code or "")
        key = (channel.channel.code, destination.service, place)
        lanes = self._known.get(key)
        if lanes is None:
            lanes = self._build(channel, destination)
            if len(self._known) >= LANES_MAX:
                self._known.pop(next(iter(self._known)))
            self._known[key] = lanes
        return lanes

    def _build(self, channel: ChannelView, destination: Destination) -> Lanes:
        if destination.location_id is not None:
            return self._collect(channel, destination.location_id)
        columns = self._delivery.columns(
            destination.service,
            destination.country or "",
            destination.postal_code or "",
            self._network,
            channel.shipping,
        )
        location = columns.location.astype(np.int64)
        return Lanes(
            location=location,
            carrier_service_ids=tuple(columns.service_ids),
            fixed_cents=self._of(location, "handling_cents"),
            pick_cents=self._of(location, "pick_cents"),
            lead_minutes=self._of(location, "handling_minutes")
            + columns.transit_days.astype(np.int64) * MINUTES_PER_DAY,
            edges_g=columns.weight_edges_g,
            price_cents=columns.price_cents,
        )

    def _collect(self, channel: ChannelView, location_id: UUID) -> Lanes:
        """Handing over at a counter: the store's own stock, no carrier, no tariff."""
        position = self._network.position_of.get(location_id, -1)
        offered = position >= 0 and position in channel.pool and self._hands_over(position)
        location = np.array([position] if offered else [], np.int64)
        return Lanes(
            location=location,
            carrier_service_ids=(None,) * len(location),
            fixed_cents=self._of(location, "handling_cents"),
            pick_cents=self._of(location, "pick_cents"),
            lead_minutes=self._of(location, "handling_minutes"),
            edges_g=np.array([PARCEL_WEIGHT_MAX_G], np.int64),
            price_cents=np.zeros((len(location), 1), np.int64),
        )

    def _hands_over(self, position: int) -> bool:
        location = self._network.locations[position]
        return location.state == LocationState.OPEN and Capability.COLLECT in location.capabilities

    def _of(self, location: Ints, field: str) -> Ints:
        values = [getattr(self._network.locations[position], field) for position in location]
        return np.array(values, np.int64)


@dataclass(slots=True)
class Snapshot:
    """Answers from memory, a few milliseconds behind the truth; the claim decides, not this.

    `version` is the place in the journal up to which the snapshot has seen everything.
    """

    version: Cursor
    network: NetworkView
    catalog: CatalogView
    delivery: DeliveryView
    stock: StockView
    lanes: LaneBook

    def apply(self, database: Database, entries: Sequence[Entry]) -> None:
        """Take over what the journal tells; whole parts are swapped, stock cells are set."""
        kinds = {entry.kind for entry in entries}
        if kinds & NETWORK:
            self._swap_network(database)
        if "item.changed" in kinds:
            skus = sorted(
                {sku for e in entries if e.kind == "item.changed" for sku in e.body["skus"]}
            )
            before = self.catalog
            self.catalog = database.read(lambda tx: catalog_part.refresh(tx, before, skus))
        if kinds & DELIVERY:
            self.delivery = database.read(delivery_part.load)
        if kinds & (NETWORK | DELIVERY):
            self.lanes = LaneBook(self.network, self.delivery)
        for entry in entries:
            if entry.kind == STOCK_CHANGED:
                self.stock.apply(entry.body["levels"])
        if entries:
            self.version = entries[-1].cursor

    def _swap_network(self, database: Database) -> None:
        before = self.network
        self.network = database.read(lambda tx: network_part.load(tx, before))
        self.stock.positions = self.network.position_of


def load(tx: Tx) -> Snapshot:
    """Build everything; the place in the journal is noted first, so that nothing is missed."""
    version = journal.end(tx)
    network = network_part.load(tx, None)
    delivery = delivery_part.load(tx)
    return Snapshot(
        version=version,
        network=network,
        catalog=catalog_part.load(tx),
        delivery=delivery,
        stock=stock_part.load(tx, network.position_of),
        lanes=LaneBook(network, delivery),
    )
