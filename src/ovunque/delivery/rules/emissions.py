"""Transport emissions of a parcel, leg by leg (ISO 14083, as in the GLEC Framework).

Integers throughout: factors in 10⁻⁵ kg CO2e, results in milligrams. From tank to wheel (TTW) and
from well to tank (WTT) are kept apart and rounded apart, so that their sum always adds up. A
parcel is rounded to grams once; offsets are never netted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ovunque.delivery.model import (
    AIRCRAFT,
    HUB,
    PACKAGING,
    Basis,
    CarrierService,
    EmissionFactor,
    Quality,
    ServiceKey,
    Settlement,
    Vehicle,
)

ROAD_PERCENT = 125  # Of the great circle: assumed, since nobody tells the way that was taken.
AIR_DETOUR_M = 95_000
AIR_FROM_M = 400_000  # Nearer than that, a parcel of an air service goes by road.
STOP_M = {Settlement.URBAN: 150, Settlement.SUBURBAN: 400, Settlement.RURAL: 1_200}
BY_ROAD = Vehicle.RIGID_OVER_17T  # Instead of a short flight; and from a warehouse to a store.

Kind = tuple[str, Basis]


@dataclass(frozen=True, slots=True)
class Factor:
    """What a unit of a basis emits, in 10⁻⁵ kg."""

    ttw_f5: int
    wtt_f5: int
    quality: Quality


NOTHING = Factor(0, 0, Quality.PRIMARY)


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a parcel's way, and what it emits."""

    name: str
    ttw_mg: int
    wtt_mg: int
    quality: Quality

    @property
    def mg(self) -> int:
        return self.ttw_mg + self.wtt_mg


def haul(name: str, factor: Factor, mass_g: int, distance_m: int) -> Leg:
    """A parcel's share of a vehicle that carries many: by mass and distance."""
    ttw, wtt = (
        (mass_g * distance_m * f5 + 5 * 10**7) // 10**8 for f5 in (factor.ttw_f5, factor.wtt_f5)
    )
    return Leg(name, ttw, wtt, factor.quality)


def sorting(factor: Factor, mass_g: int) -> Leg:
    """One hub that handles the parcel."""
    return Leg(
        HUB, mass_g * factor.ttw_f5 // 10**5, mass_g * factor.wtt_f5 // 10**5, factor.quality
    )


def stop(factor: Factor, distance_m: int) -> Leg:
    """The way of a vehicle to one door; the mass of a parcel changes nothing there."""
    ttw, wtt = distance_m * factor.ttw_f5 // 100, distance_m * factor.wtt_f5 // 100
    return Leg("last_mile", ttw, wtt, factor.quality)


def packing(factor: Factor) -> Leg:
    """A parcel's box, however heavy what is in it."""
    return Leg(PACKAGING, factor.ttw_f5 * 10, factor.wtt_f5 * 10, factor.quality)


def grams(legs: Iterable[Leg]) -> int:
    """The one rounding, of a whole parcel."""
    return (sum(leg.mg for leg in legs) + 500) // 1_000


def weakest(qualities: Iterable[Quality]) -> Quality:
    """A sum is as good as its weakest part; of nothing it is as good as can be."""
    order = list(Quality)
    return max(qualities, key=order.index, default=Quality.PRIMARY)


class FactorBook:
    """Emission factors: of a carrier's service, else of the carrier, the region, everybody."""

    def __init__(self, factors: Sequence[EmissionFactor]) -> None:
        self._factors: Mapping[tuple[Kind, str, str, str], Factor] = {
            ((each.vehicle, each.basis), each.carrier, each.service, each.region): Factor(
                each.ttw_f5, each.wtt_f5, each.quality
            )
            for each in sorted(factors, key=lambda each: each.year)
        }

    @property
    def has_packaging(self) -> bool:
        """Whether anybody told what a box emits; else it is not counted."""
        return any(mover == PACKAGING for (mover, _), *_ in self._factors)

    def find(self, vehicle: str, basis: Basis, of: ServiceKey | None, region: str) -> Factor:
        found = self.seek(vehicle, basis, of, region)
        assert found is not None, "everything that moves has a factor for everybody"
        return found

    def seek(self, vehicle: str, basis: Basis, of: ServiceKey | None, region: str) -> Factor | None:
        carrier, service = of or ServiceKey("", "")
        owners = ((carrier, service), (carrier, ""), ("", ""))
        keys = [((vehicle, basis), *owner, at) for owner in owners for at in (region, "")]
        return next((self._factors[key] for key in keys if key in self._factors), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How a carrier's service moves parcels: its factors, ready to be multiplied."""

    haul: Factor
    by_road: Factor
    flies: bool
    sort: Factor
    sorts: int
    stop: Factor
    stop_m: int | None
    box: Factor = NOTHING


def chain_of(service: CarrierService, book: FactorBook, region: str) -> Chain:
    """The chain of a service that picks up in a region."""
    return Chain(
        haul=book.find(service.line_haul, Basis.TONNE_KM, service.key, region),
        by_road=book.find(BY_ROAD, Basis.TONNE_KM, service.key, region),
        flies=service.line_haul in AIRCRAFT,
        sort=book.find(HUB, Basis.TONNE_HANDLED, service.key, region),
        sorts=service.sorts,
        stop=book.find(service.last_mile, Basis.VEHICLE_KM, service.key, region),
        stop_m=service.stop_m,
        box=book.seek(PACKAGING, Basis.PARCEL, service.key, region) or NOTHING,
    )


def counter_chain(book: FactorBook, region: str) -> Chain:
    """The chain of what is handed over at a counter: how the customer comes is not counted."""
    by_road = book.find(BY_ROAD, Basis.TONNE_KM, None, region)
    return Chain(
        haul=NOTHING, by_road=by_road, flies=False, sort=NOTHING, sorts=0, stop=NOTHING, stop_m=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How far a parcel travels; great circles in meters."""

    distance_m: int
    inbound_m: int  # From the warehouse that replaces what a store gives away.
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class Walked:
    """A leg with what it was reckoned from; hubs and boxes move nothing: they have no distance."""

    leg: Leg
    factor: Factor
    distance_m: int | None


def legs_of(chain: Chain, way: Way, mass_g: int) -> tuple[Leg, ...]:
    """All legs of a parcel."""
    return tuple(each.leg for each in walk(chain, way, mass_g))


def walk(chain: Chain, way: Way, mass_g: int) -> tuple[Walked, ...]:
    """All legs of a parcel, each with its factor and its distance."""
    factor, way_m = line_haul(chain, way.distance_m)
    stop_m = STOP_M[way.settlement] if chain.stop_m is None else chain.stop_m
    inbound_m, road = road_m(way.inbound_m), chain.by_road
    return (
        Walked(haul("replacement", road, mass_g, inbound_m), road, inbound_m),
        Walked(haul("line_haul", factor, mass_g, way_m), factor, way_m),
        *(Walked(sorting(chain.sort, mass_g), chain.sort, None) for _ in range(chain.sorts)),
        Walked(stop(chain.stop, stop_m), chain.stop, stop_m),
        *((Walked(packing(chain.box), chain.box, None),) if chain.box != NOTHING else ()),
    )


def line_haul(chain: Chain, distance_m: int) -> tuple[Factor, int]:
    """What flies and what drives, and how far the way is."""
    if chain.flies and distance_m >= AIR_FROM_M:
        return chain.haul, distance_m + AIR_DETOUR_M
    return (chain.by_road if chain.flies else chain.haul), road_m(distance_m)


def road_m(distance_m: int) -> int:
    return distance_m * ROAD_PERCENT // 100
