"""What parcels emit: the worked example to the milligram, and columns that tell what legs tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.delivery.model import (
    Basis,
    EmissionFactor,
    Quality,
    ServiceKey,
    Settlement,
)
from ovunque.delivery.rules import places
from ovunque.delivery.rules.emissions import (
    Chain,
    Factor,
    FactorBook,
    Leg,
    Way,
    grams,
    haul,
    legs_of,
    sorting,
    stop,
    weakest,
)
from ovunque.delivery.rules.emitting import suits
from ovunque.delivery.rules.footprint import chains_of, footprint
from ovunque.kernel.geography import Coordinates, distance_m

ARTIC = Factor(7_703, 1_799, Quality.DEFAULT)
RIGID = Factor(17_146, 3_736, Quality.DEFAULT)
VAN_TKM, VAN_KM = (Factor(63_130, 15_095, Quality.DEFAULT), Factor(25_561, 6_128, Quality.DEFAULT))
ELECTRIC_KM = Factor(0, 9_397, Quality.DEFAULT)
FLIGHT = Factor(271_931, 57_429, Quality.DEFAULT)
HUB = Factor(200_000, 0, Quality.ASSUMED)

factors = st.builds(
    Factor, st.integers(0, 300_000), st.integers(0, 60_000), st.sampled_from(Quality)
)
chains = st.builds(
    Chain,
    haul=factors,
    by_road=factors,
    flies=st.booleans(),
    sort=factors,
    sorts=st.integers(0, 4),
    stop=factors,
    stop_m=st.none() | st.integers(0, 5_000),
    box=factors,
)
ways = st.builds(
    Way,
    distance_m=st.integers(0, 20_000_000),
    inbound_m=st.integers(0, 2_000_000),
    settlement=st.sampled_from(Settlement),
)


def test_two_kilos_over_600_km_emit_217_grams() -> None:
    """The worked example: a truck, two hubs, 300 m of a diesel van in town."""
    legs = (
        haul("line_haul", ARTIC, 2_000, 600_000),
        sorting(HUB, 2_000),
        sorting(HUB, 2_000),
        stop(VAN_KM, 300),
    )

    assert [(leg.ttw_mg, leg.wtt_mg) for leg in legs] == [
        (92_436, 21_588),
        (4_000, 0),
        (4_000, 0),
        (76_683, 18_384),
    ]
    assert sum(leg.mg for leg in legs) == 217_091
    assert grams(legs) == 217
    assert weakest(leg.quality for leg in legs) == Quality.ASSUMED


def test_a_box_is_added_once_to_each_parcel() -> None:
    """The same two kilos in a box of 120 g: 217,091 + 120,000 mg."""
    box = Factor(10_000, 2_000, Quality.MODELLED)
    chain = Chain(
        haul=ARTIC,
        by_road=RIGID,
        flies=False,
        sort=HUB,
        sorts=2,
        stop=VAN_KM,
        stop_m=300,
        box=box,
    )
    way = Way(distance_m=480_000, inbound_m=0, settlement=Settlement.URBAN)  # 600 km by road.
    legs = legs_of(chain, way, 2_000)
    assert (legs[-1].name, legs[-1].ttw_mg, legs[-1].wtt_mg) == ("packaging", 100_000, 20_000)
    assert sum(leg.mg for leg in legs) == 337_091
    assert grams(legs) == 337


def test_a_box_that_nobody_told_of_is_not_counted() -> None:
    told = EmissionFactor(
        vehicle="packaging",
        basis=Basis.PARCEL,
        carrier="sbb",
        year=2026,
        ttw_f5=10_000,
        wtt_f5=0,
        quality=Quality.PRIMARY,
        source="us",
        license="ours",
    )
    book = FactorBook([told])
    assert book.has_packaging
    assert not FactorBook([factor(1)]).has_packaging
    seek = (Basis.PARCEL, ServiceKey("sbb", "day"), "IT")
    assert book.seek("packaging", *seek) == Factor(10_000, 0, Quality.PRIMARY)
    assert book.seek("packaging", Basis.PARCEL, ServiceKey("db", "day"), "IT") is None


@pytest.mark.parametrize(
    ("vehicle", "basis", "fits"),
    [
        ("packaging", Basis.PARCEL, True),
        ("packaging", Basis.VEHICLE_KM, False),
        ("van_diesel", Basis.PARCEL, False),
        ("hub", Basis.PARCEL, False),
        ("hub", Basis.TONNE_HANDLED, True),
        ("van_diesel", Basis.VEHICLE_KM, True),
    ],
)
def test_a_factor_goes_with_what_it_is_multiplied_by(
    vehicle: str, basis: Basis, fits: bool
) -> None:
    told = replace(factor(1), vehicle=vehicle, basis=basis)
    assert (not suits(told)) == fits


def test_other_vehicles_over_the_same_way() -> None:
    assert stop(ELECTRIC_KM, 300).mg == 28_191
    assert haul("line_haul", VAN_TKM, 2_000, 600_000).mg == 938_700
    assert haul("line_haul", FLIGHT, 2_000, 600_000).mg == 3_952_320


@given(chain=chains, way=ways, mass_g=st.integers(0, 10_000_000))
def test_a_column_tells_what_its_legs_tell(chain: Chain, way: Way, mass_g: int) -> None:
    legs = legs_of(chain, way, mass_g)
    column = footprint(
        chains_of([chain], np.zeros(1, np.int64)),
        np.array([way.distance_m]),
        np.array([way.inbound_m]),
        way.settlement,
    )

    assert column.grams(np.array([mass_g])).tolist() == [grams(legs)]
    assert column.take(np.array([0, 0])).grams(np.array([mass_g, mass_g])).tolist() == [
        grams(legs),
        grams(legs),
    ]
    assert sum(leg.mg for leg in legs) == sum(leg.ttw_mg for leg in legs) + sum(
        leg.wtt_mg for leg in legs
    )


def test_what_would_fly_a_short_way_drives_and_a_long_way_has_its_detour() -> None:
    chain = Chain(haul=FLIGHT, by_road=RIGID, flies=True, sort=HUB, sorts=0, stop=VAN_KM, stop_m=0)

    def line(distance: int) -> Leg:
        way = Way(distance_m=distance, inbound_m=0, settlement=Settlement.URBAN)
        return legs_of(chain, way, 1_000)[1]

    assert line(399_999) == haul("line_haul", RIGID, 1_000, 399_999 * 125 // 100)
    assert line(600_000) == haul("line_haul", FLIGHT, 1_000, 695_000)


def factor(ttw_f5: int, year: int = 2025, **where: str) -> EmissionFactor:
    return EmissionFactor(
        vehicle="rail",
        basis=Basis.TONNE_KM,
        year=year,
        ttw_f5=ttw_f5,
        wtt_f5=0,
        quality=Quality.DEFAULT,
        source="",
        license="",
        **where,
    )


def test_the_closest_factor_counts_and_of_several_years_the_newest() -> None:
    book = FactorBook(
        [
            factor(2, year=2026),
            factor(1),
            factor(3, region="FR"),
            factor(4, carrier="sbb"),
            factor(5, carrier="sbb", service="night"),
        ]
    )

    def found(carrier: str, service: str, region: str) -> int:
        of = ServiceKey(carrier, service)
        return book.find("rail", Basis.TONNE_KM, of, region).ttw_f5

    assert found("db", "day", "IT") == 2
    assert found("db", "day", "FR") == 3
    assert found("sbb", "day", "FR") == 4
    assert found("sbb", "night", "IT") == 5


degrees = st.tuples(st.integers(-89_000_000, 89_000_000), st.integers(-180_000_000, 180_000_000))


@given(one=degrees, other=degrees)
def test_distances_of_many_are_those_of_one(one: tuple[int, int], other: tuple[int, int]) -> None:
    points = places.vectors_of(np.array([one[0]]), np.array([one[1]]))
    to = places.vectors_of(np.array(other[0]), np.array(other[1]))
    exact = distance_m(Coordinates(*one), Coordinates(*other))

    assert int(places.distances_m(points, to)[0]) == pytest.approx(exact, abs=2 + exact // 10**6)


def test_our_locations_stand_in_towns() -> None:
    assert [places.settlement_of(meters) for meters in (7_000, 20_000, 60_000)] == [
        Settlement.URBAN,
        Settlement.SUBURBAN,
        Settlement.RURAL,
    ]
