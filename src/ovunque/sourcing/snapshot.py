"""All that planning reads, in memory: the parts that each room builds of itself."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.catalog import snapshot as catalog_part
from ovunque.catalog.snapshot import CatalogView
from ovunque.delivery import snapshot as delivery_part
from ovunque.delivery.snapshot import DeliveryView
from ovunque.delivery.timing import Full, Load, load_of
from ovunque.fulfillment.listing import count_leaving, count_waiting
from ovunque.network import snapshot as network_part
from ovunque.network.snapshot import NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Cursor, Entry
from ovunque.sourcing import answering as answers_part
from ovunque.sourcing import barring as bars_part
from ovunque.sourcing import steering as steering_part
from ovunque.sourcing.barring import Bars
from ovunque.sourcing.routing import LaneBook
from ovunque.sourcing.rules.answering import Chances
from ovunque.sourcing.steering import Steering
from ovunque.stock import looking_ahead as ahead_part
from ovunque.stock import snapshot as stock_part
from ovunque.stock import valuing as worth_part
from ovunque.stock import withholding as kept_part
from ovunque.stock.events import CHANGED as STOCK_CHANGED
from ovunque.stock.events import (
    INCOMING,
    PROTECTION,
    PROTECTION_TURNED,
    TRANSFER_DISPATCHED,
    TRANSFER_RECEIVED,
    WORTH,
)
from ovunque.stock.looking_ahead import AheadView
from ovunque.stock.model import Key
from ovunque.stock.snapshot import StockView
from ovunque.stock.valuing import WorthView
from ovunque.stock.withholding import KeptView, traits_of

Ints = NDArray[np.int64]

NETWORK = {
    "location.changed",
    "channel.changed",
    "legal_entity.changed",
    "group.changed",
    "hours.changed",
    "confidence.learned",
}
DELIVERY = {
    "carrier.changed",
    "carrier.published",
    "zone.changed",
    "lane.changed",
    "days.learned",
    "factor.changed",
}
WEIGHED_EVERY = timedelta(seconds=30)
# After these any number may be another one.
TURNING = {*NETWORK, "item.changed", PROTECTION, PROTECTION_TURNED}

UNDER_WAY = {TRANSFER_DISPATCHED, TRANSFER_RECEIVED}  # These change what comes, too.

Leaving = Mapping[tuple[UUID, UUID], int]
Reading = Callable[[Tx], Leaving]

# Told which items have other numbers now; None: all may have.
Watcher = Callable[[Collection[str] | None], None]
UNREAD = ("order.placed",)  # The most frequent kind, whose body nobody here looks into.


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
    kept: KeptView
    lanes: LaneBook
    load: Load = field(default_factory=dict)
    full: Full = field(default_factory=dict)  # Visits of carriers that take nothing more.
    weighed_at: datetime | None = None  # By the journal's time.
    watchers: list[Watcher] = field(default_factory=list)
    ahead: AheadView = field(default_factory=AheadView)
    steering: Steering = field(default_factory=Steering)
    waiting: Mapping[UUID, int] = field(default_factory=dict)  # Work orders, by location.
    worth: WorthView = field(default_factory=WorthView)
    bars: Bars = field(default_factory=Bars)  # What is out for a time.
    chances: Chances = field(default_factory=Chances)  # That offers are taken.

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
        if self._weigh(database, entries) or kinds & (NETWORK | DELIVERY):
            self.lanes = LaneBook(self.network, self.delivery, self.load, self.full)
        for entry in entries:
            if entry.kind == STOCK_CHANGED:
                self.stock.apply(entry.body["levels"])
        self._renew_kept(database, entries, kinds)
        self._renew_worth(database, entries)
        self._renew_rules(database, kinds)
        expected = expected_items(entries)
        if expected:
            database.read(lambda tx: self.ahead.renew(tx, expected))
        if entries:
            self.version = entries[-1].cursor
        self._tell(entries, kinds)

    def _renew_rules(self, database: Database, kinds: Collection[str]) -> None:
        """What the retailer has published, and what was learned of who answers."""
        if not steering_part.KINDS.isdisjoint(kinds):
            self.steering = database.read(lambda tx: steering_part.load(tx, self.network))
        if answers_part.LEARNED in kinds:
            self.chances = database.read(answers_part.load)
        if not (bars_part.INCIDENTS | bars_part.EXCLUDING).isdisjoint(kinds):
            self.bars = database.read(bars_part.load)

    def _weigh(self, database: Database, entries: Sequence[Entry]) -> bool:
        """Look now and then how much work waits where; whether that changes what is promised."""
        if not entries:
            return False
        before, now = self.weighed_at, entries[-1].at
        if before is not None and now - before < WEIGHED_EVERY:
            return False
        self.weighed_at = now
        self.waiting = database.read(count_waiting)
        load = load_of(self.network, self.waiting)
        full = full_visits(self.delivery, self.network, database.read)
        changed = load != self.load or full != self.full
        if changed:
            self.load, self.full = load, full
        return changed

    def _tell(self, entries: Sequence[Entry], kinds: set[str]) -> None:
        """After the change: who looks again now sees the new numbers."""
        skus: set[str] | None = None
        if not kinds & TURNING:
            levels = [e.body["levels"] for e in entries if e.kind == STOCK_CHANGED]
            skus = {level[0] for each in levels for level in each} | expected_items(entries)
        for watcher in self.watchers if skus is None or skus else ():
            watcher(skus)

    def _renew_kept(
        self, database: Database, entries: Sequence[Entry], kinds: Collection[str]
    ) -> None:
        """Rules are read again when they change, what channels have of their shares always."""
        if PROTECTION in kinds:
            self.kept = database.read(lambda tx: kept_part.load(tx, self.network))
        elif self.kept.has_shares:
            changed = [e.body["levels"] for e in entries if e.kind == STOCK_CHANGED]
            keys = {
                Key(sku, UUID(location_id))
                for levels in changed
                for sku, location_id, *_ in levels
                if self.kept.is_shared(traits_of(self.catalog, sku))
            }
            if keys:
                database.read(lambda tx: self.kept.renew(tx, keys))

    def _renew_worth(self, database: Database, entries: Sequence[Entry]) -> None:
        valued = {sku for e in entries if e.kind == WORTH for sku in e.body["skus"]}
        if valued:
            database.read(lambda tx: self.worth.renew(tx, valued))

    def sellable(self, sku: str, channel_id: UUID, now: datetime) -> Ints:
        """Units by position that a channel may take: free, and not protected from it."""
        free = self.stock.free_at(sku, len(self.network.locations))
        kept = self.withheld(sku, channel_id, now)
        free = np.maximum(free if kept is None else free - kept, 0)
        free[self.bars.closed(self.network, now)] = 0
        return free

    def withheld(self, sku: str, channel_id: UUID, now: datetime) -> Ints | None:
        """Units by position that are protected from a channel; None: none anywhere."""
        if not self.kept.book.rules:
            return None
        on_hand = self.stock.on_hand_at(sku, len(self.network.locations))
        return self.kept.withheld(traits_of(self.catalog, sku), channel_id, on_hand, now)

    def waiting_at(self) -> Ints:
        """How many work orders each position has before it."""
        found = np.zeros(len(self.network.locations), np.int64)
        for location_id, orders in self.waiting.items():
            position = self.network.position_of.get(location_id)
            if position is not None:
                found[position] = orders
        return found

    def _swap_network(self, database: Database) -> None:
        before = self.network
        self.network = database.read(lambda tx: network_part.load(tx, before))
        self.stock.positions = self.network.position_of
        self.kept = kept_part.on_network(self.kept, self.network)
        self.worth = self.worth.on_network(self.network.position_of)
        self.steering = self.steering.on_network(self.network)


def expected_items(entries: Iterable[Entry]) -> set[str]:
    """The items of which something else comes now, or somebody else waits for it."""
    skus: set[str] = set()
    for entry in entries:
        if entry.kind == INCOMING:
            skus.update(entry.body["skus"])
        elif entry.kind in UNDER_WAY:
            skus |= entry.body["units"].keys() | entry.body["missing"].keys()
    return skus


def full_visits(
    delivery: DeliveryView, network: NetworkView, read: Callable[[Reading], Leaving]
) -> Full:
    """Visits of carriers in which nothing more goes; nobody asks where no carrier has a cap."""
    return delivery.full_of(read(count_leaving), network) if delivery.has_caps else {}


def load(tx: Tx) -> Snapshot:
    """Build everything; the place in the journal is noted first, so that nothing is missed."""
    version = journal.end(tx)
    network = network_part.load(tx, None)
    delivery = delivery_part.load(tx)
    waiting = count_waiting(tx)
    full = full_visits(delivery, network, lambda work: work(tx))
    weight = load_of(network, waiting)
    return Snapshot(
        version=version,
        network=network,
        catalog=catalog_part.load(tx),
        delivery=delivery,
        stock=stock_part.load(tx, network.position_of),
        kept=kept_part.load(tx, network),
        ahead=ahead_part.load(tx),
        lanes=LaneBook(network, delivery, weight, full),
        full=full,
        load=weight,
        steering=steering_part.load(tx, network),
        waiting=waiting,
        worth=worth_part.load(tx, network.position_of),
        bars=bars_part.load(tx),
        chances=answers_part.load(tx),
    )
