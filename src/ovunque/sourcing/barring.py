"""What is out for a time, in memory: by incidents, and items that a location is not asked for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.snapshot import DeliveryView
from ovunque.fulfillment.listing import list_exclusions
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.sourcing.model import Destination, Ints, Reason, Reasons
from ovunque.sourcing.model.declaring import Extent, Incident
from ovunque.sourcing.routing import Lanes, Ways
from ovunque.sourcing.store import declaring as store

INCIDENTS = frozenset({"incident.opened", "incident.closed"})
# After these a location is not asked for some items, for a time.
EXCLUDING = frozenset(
    {"offer.rejected", "fulfillment.rejected", "fulfillment.short", "fulfillment.substituted"}
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Swapped whole when something changes; time alone ends an incident or an exclusion."""

    incidents: tuple[Incident, ...] = ()
    excluded: dict[str, list[tuple[UUID, datetime]]] = field(default_factory=dict)  # By sku.

    @property
    def by_hand(self) -> "Bars":
        """What holds for a person's choice, too: incidents, not what a place lacked once."""
        return Bars(incidents=self.incidents)

    def touches(self, skus: Sequence[str], now: datetime) -> bool:
        """Whether anything is out that may matter for these items."""
        for each in self.incidents:
            if each.counts(now):
                return True
        for sku in self.excluded.keys() & skus:
            if any(until > now for _, until in self.excluded[sku]):
                return True
        return False

    def places_of(self, sku: str, network: NetworkView, now: datetime) -> list[int]:
        """Positions that are not asked for an item now."""
        return [
            network.position_of[location_id]
            for location_id, until in self.excluded.get(sku, ())
            if until > now and location_id in network.position_of
        ]

    def closed(self, network: NetworkView, now: datetime) -> list[int]:
        """Positions of locations that are out as a whole."""
        codes = (e.extent.location for e in self.incidents if e.extent.is_place and e.counts(now))
        known = (network.by_code.get(code or "") for code in codes)
        return [network.position_of[each.id] for each in known if each is not None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One delivery's columns, and what they are looked at with."""

    network: NetworkView
    delivery: DeliveryView
    lanes: Lanes
    ways: Ways
    destination: Destination
    now: datetime


def barred(bars: Bars, scene: Scene, skus: Sequence[str], reach: Ints) -> Reasons | None:
    """[C] why a column is out, 0 if it is not; takes from `reach` what may not be used."""
    if not bars.touches(skus, scene.now):
        return None
    location = scene.ways.columns.location
    out = np.zeros(len(location), np.uint8)
    had = reach.any(axis=0)
    for row, sku in enumerate(skus):
        places = bars.places_of(sku, scene.network, scene.now)
        if places:
            reach[row, np.isin(location, places)] = 0
    out[had & ~reach.any(axis=0)] = Reason.EXCLUDED
    for each in bars.incidents:
        if each.counts(scene.now):
            out[_hit(each.extent, scene)] = Reason.INCIDENT
    reach[:, out > 0] = 0
    return out


def _hit(extent: Extent, scene: Scene) -> NDArray[np.bool_]:
    """Columns that an incident is about."""
    hit = np.ones(len(scene.ways.columns.location), np.bool_)
    destination = scene.destination
    if extent.country is not None:
        postal = (destination.postal_code or "").replace(" ", "").upper()
        goes = destination.country == extent.country and postal.startswith(
            (extent.postal_prefix or "").upper()
        )
        hit &= goes
    if extent.location is not None:
        found = scene.network.by_code.get(extent.location)
        position = scene.network.position_of[found.id] if found else -1
        hit &= scene.ways.columns.location == position
    if extent.carrier is not None or extent.country is not None:
        hit &= _carried(extent, scene)
    return hit


def _carried(extent: Extent, scene: Scene) -> NDArray[np.bool_]:
    """Columns of its carrier; what is handed over at a counter travels with none."""
    keys = {each.id: each.key for each in scene.delivery.services}
    named = [
        id_ in keys
        and extent.carrier in (None, keys[id_].carrier)
        and extent.service in (None, keys[id_].service)
        for id_ in scene.lanes.candidates.service_ids
    ]
    service = scene.lanes.service[scene.ways.lane]
    carried: NDArray[np.bool_] = np.array(named, np.bool_)[service]
    return carried


def load(tx: Tx) -> Bars:
    """What is out now, or will be."""
    excluded: dict[str, list[tuple[UUID, datetime]]] = defaultdict(list)
    for each in list_exclusions(tx):
        excluded[each.sku].append((each.location_id, each.until))
    return Bars(incidents=store.list_standing(tx), excluded=dict(excluded))
