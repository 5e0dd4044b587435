"""How the demo retailer's parcels travel: four invented carriers, zones, lanes and prices."""

from collections.abc import Iterator, Sequence
from itertools import product

from ovunque.simulation.rows import (
    CapRow,
    CarrierRow,
    FactorRow,
    LaneRow,
    LocationRow,
    TransitRow,
    ZoneRow,
)

EVERYWHERE = ("AT", "BE", "CH", "DE", "ES", "FR", "GB", "IT", "LU", "NL", "PT")
WORKDAYS = (1, 2, 3, 4, 5)
CARRIERS = (
    CarrierRow(
        carrier="aquilone",
        service="standard",
        name="Aquilone Standard",
        promise="home",
        cutoff="17:00",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=30_000,
        countries=("IT",),
        line_haul="artic_over_33t",
        sorts=2,
        last_mile="van_diesel",
    ),
    CarrierRow(
        carrier="aquilone",
        service="express",
        name="Aquilone Espresso",
        promise="express",
        cutoff="18:30",
        pickup_days=(*WORKDAYS, 6),
        parcel_weight_max_g=20_000,
        countries=("IT",),
        line_haul="rigid_over_17t",
        sorts=1,
        last_mile="van_electric",
    ),
    CarrierRow(
        carrier="rotaia",
        service="standard",
        name="Rotaia Lenta",
        promise="home",
        cutoff="14:00",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=30_000,
        countries=("IT",),
        line_haul="rail",
        sorts=2,
        last_mile="van_electric",
    ),
    CarrierRow(
        carrier="transalp",
        service="standard",
        name="Transalp Europe",
        promise="home",
        cutoff="16:00",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=30_000,
        countries=EVERYWHERE,
        line_haul="artic_over_33t",
        sorts=3,
        last_mile="van_diesel",
    ),
    CarrierRow(
        carrier="saetta",
        service="express",
        name="Saetta Express",
        promise="express",
        cutoff="15:30",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=20_000,
        countries=EVERYWHERE,
        line_haul="air_short",
        sorts=2,
        last_mile="van_diesel",
    ),
)
# Postal prefixes are compared as text, both ends included. No address lies in two zones; what lies
# in none (French overseas departments, Canary Islands, Azores and the like) is not delivered to.
ZONES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "it-north": (("IT", "10", "48"),),
    "it-center": (("IT", "00", "06"), ("IT", "50", "67")),
    "it-south": (("IT", "70", "89"),),
    "it-islands": (("IT", "07", "09"), ("IT", "90", "98")),
    "fr": (("FR", "01", "19"), ("FR", "21", "95")),
    "fr-corsica": (("FR", "20", "20"),),
    "de-north": (("DE", "0", "6"),),
    "de-south": (("DE", "7", "9"),),
    "es": (("ES", "01", "06"), ("ES", "08", "34"), ("ES", "36", "37"), ("ES", "39", "50")),
    "es-balearic": (("ES", "07", "07"),),
    "at": (("AT", "", ""),),
    "ch": (("CH", "", ""),),
    "benelux": (("BE", "", ""), ("NL", "", ""), ("LU", "", "")),
    "pt": (("PT", "1", "8"),),
    "gb": (("GB", "", ""),),
}
ISLANDS = frozenset({"it-islands", "fr-corsica", "es-balearic"})
BORDERS = {
    "AT": {"CH", "DE", "IT"},
    "BE": {"DE", "FR", "LU", "NL"},
    "CH": {"AT", "DE", "FR", "IT"},
    "DE": {"AT", "BE", "CH", "FR", "LU", "NL"},
    "ES": {"FR", "PT"},
    "FR": {"BE", "CH", "DE", "ES", "IT", "LU"},
    "GB": set(),
    "IT": {"AT", "CH", "FR"},
    "LU": {"BE", "DE", "FR"},
    "NL": {"BE", "DE"},
    "PT": {"ES"},
}
# How far apart two zones are, as carriers price it.
SAME_ZONE, SAME_COUNTRY, NEIGHBORS, FAR = range(4)
TARIFFS = {  # Transit days and the price of the lightest parcel in cents, by how far it goes.
    ("aquilone", "standard"): ((1, 540), (2, 620)),
    ("aquilone", "express"): ((1, 890), (1, 1_040)),
    ("rotaia", "standard"): ((2, 590), (3, 680)),
    ("transalp", "standard"): ((2, 650), (2, 710), (3, 1_090), (5, 1_390)),
    ("saetta", "express"): ((1, 1_190), (1, 1_290), (2, 1_990), (2, 2_490)),
}
BANDS = (  # Greatest weight in g, and the price in percent of the lightest parcel's.
    (1_000, 100),
    (3_000, 112),
    (5_000, 130),
    (10_000, 165),
    (20_000, 230),
    (30_000, 300),
)
TELL_DAYS = {("aquilone", "standard"), ("rotaia", "standard")}
CAPPED_STORES = 3
FACTORS = (  # What carriers tell of themselves; as invented as they are.
    FactorRow(
        vehicle="van_electric",
        basis="vehicle_km",
        carrier="rotaia",
        service="",
        region="IT",
        year=2026,
        ttw_kg="0",
        wtt_kg="0.05200",
        quality="primary",
        source="Rotaia, statement by ISO 14083 (demo)",
        license="invented for the demo",
    ),
    FactorRow(
        vehicle="hub",
        basis="tonne_handled",
        carrier="rotaia",
        service="",
        region="",
        year=2026,
        ttw_kg="1.20000",
        wtt_kg="0.15000",
        quality="modelled",
        source="Rotaia, energy audit (demo)",
        license="invented for the demo",
    ),
)
ISLAND_DAYS = 1
ISLAND_CENTS = 180


def build_zones() -> tuple[ZoneRow, ...]:
    """All that our carriers deliver to, one row per country and range of postal codes."""
    return tuple(
        ZoneRow(zone=zone, country=country, postal_from=first, postal_to=last)
        for zone, ranges in ZONES.items()
        for country, first, last in ranges
    )


def build_lanes(carriers: Sequence[CarrierRow]) -> tuple[LaneRow, ...]:
    """A lane of each carrier service between all zones in the countries it serves."""
    return tuple(lane for carrier in carriers for lane in carrier_lanes(carrier))


def carrier_lanes(carrier: CarrierRow) -> Iterator[LaneRow]:
    served = [zone for zone in ZONES if countries_of(zone) <= set(carrier.countries)]
    for from_zone, to_zone in product(served, repeat=2):
        days, cents = TARIFFS[carrier.carrier, carrier.service][distance(from_zone, to_zone)]
        # Within an island zone no parcel crosses the sea.
        crossings = len({from_zone, to_zone} & ISLANDS) if from_zone != to_zone else 0
        yield LaneRow(
            carrier=carrier.carrier,
            service=carrier.service,
            from_zone=from_zone,
            to_zone=to_zone,
            transit_days=days + crossings * ISLAND_DAYS,
            rates={
                weight_max_g: cents * percent // 100 + crossings * ISLAND_CENTS
                for weight_max_g, percent in BANDS
                if weight_max_g <= carrier.parcel_weight_max_g
            },
        )


def build_transit(lanes: Sequence[LaneRow]) -> tuple[TransitRow, ...]:
    """What the two carriers of parcels within Italy tell of their days."""
    return tuple(
        TransitRow(
            carrier=lane.carrier,
            service=lane.service,
            from_zone=lane.from_zone,
            to_zone=lane.to_zone,
            chances={lane.transit_days: 88, lane.transit_days + 1: 9, lane.transit_days + 2: 3},
            quantiles={},
        )
        for lane in lanes
        if (lane.carrier, lane.service) in TELL_DAYS
    )


def build_caps(locations: Sequence[LocationRow]) -> tuple[CapRow, ...]:
    """Stores have a shelf for parcels, not a dock; a train has so many cages."""
    stores = sorted(each.code for each in locations if each.kind == "store")
    return (
        CapRow(carrier="rotaia", service="standard", location="", parcels_per_day_max=1_200),
        *(
            CapRow(carrier="aquilone", service="standard", location=code, parcels_per_day_max=60)
            for code in stores[:CAPPED_STORES]
        ),
    )


def distance(from_zone: str, to_zone: str) -> int:
    """One of the four steps above."""
    if from_zone == to_zone:
        return SAME_ZONE
    here, there = countries_of(from_zone), countries_of(to_zone)
    if here & there:
        return SAME_COUNTRY
    return NEIGHBORS if any(BORDERS[country] & there for country in here) else FAR


def countries_of(zone: str) -> frozenset[str]:
    return frozenset(country for country, *_ in ZONES[zone])
