"""A town with little of everything, for steps of strategies."""

from dataclasses import replace
from datetime import time
from functools import partial

import numpy as np
from tests.factories import NOW, TESTER
from tests.worlds import World, build, place_code

from ovunque.delivery.model import CarrierServiceRequest, LaneRequest
from ovunque.delivery.saving import save_carrier_services, save_lanes
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_location
from ovunque.network.model import Location, LocationRequest
from ovunque.network.saving import save_locations
from ovunque.platform.database import Database
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import Key
from ovunque.stock.model.valuing import Comes, Worth
from ovunque.stock.valuing import WorthView

PLACES, ITEMS = 24, 8
SKUS = [f"S{nth}" for nth in range(ITEMS)]


def town(database: Database, new_id: NewId) -> Snapshot:
    """Warehouses and stores all over Italy, two carriers, little of everything."""
    rng = np.random.default_rng(11)
    stock = {
        (place_code(nth), sku): int(rng.integers(1, 4))
        for nth in range(PLACES)
        for sku in SKUS
        if rng.random() < (0.8 if nth < 2 else 0.4)
    }
    build(database, World(locations=PLACES, skus=SKUS, stock=stock), TESTER, new_id, NOW)
    known = [database.read(partial(find_location, code=place_code(nth))) for nth in range(PLACES)]
    places = [_elsewhere(rng, nth, each) for nth, each in enumerate(known)]
    database.transact(lambda tx: save_locations(tx, TESTER, places, NOW, new_id))
    _second_carrier(database, new_id)
    snapshot = database.read(sourcing_snapshot.load)
    snapshot.worth = WorthView(
        snapshot.network.position_of,
        {sku: tuple(_worth(rng, sku, each) for each in known[2:]) for sku in SKUS},
    )
    return snapshot


def _elsewhere(rng: np.random.Generator, nth: int, place: Location) -> LocationRequest:
    names = LocationRequest.__dataclass_fields__
    asked = LocationRequest(**{each: getattr(place, each) for each in names})
    return replace(
        asked,
        kind="warehouse" if nth < 2 else "store",
        latitude_e6=int(rng.integers(37_000_000, 46_000_000)),
        longitude_e6=int(rng.integers(8_000_000, 17_000_000)),
        handling_minutes=int(rng.integers(30, 2_500)),
        handling_cents=int(rng.integers(50, 400)),
        pick_cents=int(rng.integers(0, 90)),
        groups=("all", "north" if nth % 2 else "south", *(("flagship",) if nth % 5 == 0 else ())),
    )


def _second_carrier(database: Database, new_id: NewId) -> None:
    service = CarrierServiceRequest(
        carrier="dhl",
        service="plus",
        name="plus",
        promise="home",
        cutoff=time(14),
        pickup_days=(1, 2, 3, 4, 5),
        parcel_weight_max_g=20_000,
    )
    lane = LaneRequest(
        carrier="dhl",
        service="plus",
        from_zone="it",
        to_zone="it",
        transit_days=1,
        rates=((500, 800), (2_000, 950), (20_000, 1_300)),
    )
    database.transact(lambda tx: save_carrier_services(tx, TESTER, [service], NOW, new_id))
    database.transact(lambda tx: save_lanes(tx, TESTER, [lane], NOW, new_id))


def _worth(rng: np.random.Generator, sku: str, place: Location) -> Worth:
    return Worth(
        key=Key(sku, place.id),
        price_cents=4_000,
        margin_cents=int(rng.integers(200, 2_500)),
        rate_e6=int(rng.integers(0, 600_000)),
        days=7,
        comes=Comes.ASSUMED,
    )
