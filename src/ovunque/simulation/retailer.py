"""The demo retailer as a whole: an invented fashion house, the same again for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from ovunque.simulation.assortment import Assortment, build_assortment
from ovunque.simulation.carriers import (
    CARRIERS,
    FACTORS,
    build_caps,
    build_lanes,
    build_transit,
    build_zones,
)
from ovunque.simulation.channels import build_channels, build_legal_entities
from ovunque.simulation.deliveries import incoming_rows
from ovunque.simulation.hours import build_closures, build_hours
from ovunque.simulation.locations import build_locations, build_pickup_points
from ovunque.simulation.people import Shopper, build_shoppers
from ovunque.simulation.rows import (
    CapRow,
    CarrierRow,
    ChannelRow,
    ClosureRow,
    FactorRow,
    HoursRow,
    IncomingRow,
    LaneRow,
    LegalEntityRow,
    LocationRow,
    PieceRow,
    StockRow,
    TransitRow,
    ZoneRow,
)
from ovunque.simulation.shelves import StockPlan, piece_rows, stock_rows
from ovunque.simulation.sizes import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Retailer:
    """All a retailer would import. Stock is not held but told, since it can be long."""

    legal_entities: tuple[LegalEntityRow, ...]
    locations: tuple[LocationRow, ...]
    pickup_points: tuple[LocationRow, ...]  # A carrier's, without any stock.
    hours: tuple[HoursRow, ...]
    closures: tuple[ClosureRow, ...]
    channels: tuple[ChannelRow, ...]
    assortment: Assortment
    carriers: tuple[CarrierRow, ...]
    zones: tuple[ZoneRow, ...]
    lanes: tuple[LaneRow, ...]
    transit: tuple[TransitRow, ...]
    caps: tuple[CapRow, ...]
    factors: tuple[FactorRow, ...]
    shoppers: tuple[Shopper, ...]
    incoming: tuple[IncomingRow, ...]
    stock_plan: StockPlan

    def stock(self) -> Iterator[StockRow]:
        """Every row of stock, from the start at each call."""
        return stock_rows(self.locations, self.assortment, self.stock_plan)

    def pieces(self) -> Iterator[PieceRow]:
        """The second-hand pieces, each where it lies."""
        return piece_rows(self.locations, self.assortment, self.stock_plan)


def build_retailer(size: Size, today: date, rng: Random, counted: date | None = None) -> Retailer:
    """The retailer of that size; `today` (in UTC) decides the season, and dates the stock.

    Unless that was counted on another day.
    """
    locations = build_locations(size, rng)
    pickup_points = build_pickup_points()
    channels = build_channels(locations)
    assortment = build_assortment(size, today, rng)
    lanes = build_lanes(CARRIERS)
    return Retailer(
        legal_entities=build_legal_entities(locations),
        locations=locations,
        pickup_points=pickup_points,
        hours=build_hours((*locations, *pickup_points)),
        closures=build_closures(locations, today),
        channels=channels,
        assortment=assortment,
        carriers=CARRIERS,
        zones=build_zones(),
        lanes=lanes,
        transit=build_transit(lanes),
        caps=build_caps(locations),
        factors=FACTORS,
        shoppers=build_shoppers(size.customers, channels, rng),
        incoming=incoming_rows(locations, assortment, today),
        stock_plan=StockPlan(
            seed=rng.getrandbits(32),
            # Midnight: counted before anything that happens to this retailer that day.
            as_of=f"{(counted or today).isoformat()}T00:00:00Z",
            carried_percent=size.carried_percent,
        ),
    )
