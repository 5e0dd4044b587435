"""What carriers' rows must be, and which zone a postal code lies in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from ovunque.delivery import rules
from ovunque.delivery.model import (
    CarrierServiceRequest,
    LaneRequest,
    ServiceKey,
    ZoneArea,
    ZoneRequest,
)
from ovunque.kernel.refusal import Fault

STANDARD = CarrierServiceRequest(
    carrier="aquilone",
    service="standard",
    name="Aquilone Standard",
    promise="home",
    cutoff=time(17),
    pickup_days=(1, 2, 3, 4, 5),
    parcel_weight_max_g=30_000,
    countries=("IT",),
)
NORTH = ZoneRequest(
    code="it-north", areas=(ZoneArea(country="IT", postal_from="10", postal_to="48"),)
)
LANE = LaneRequest(
    carrier="aquilone",
    service="standard",
    from_zone="it-north",
    to_zone="it-south",
    transit_days=2,
    rates=((1_000, 490), (5_000, 690), (30_000, 1_290)),
)


def found(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in faults]


def area(country: str = "IT", postal_from: str = "", postal_to: str = "") -> ZoneArea:
    return ZoneArea(country=country, postal_from=postal_from, postal_to=postal_to)


def test_a_good_row_has_no_fault() -> None:
    assert rules.check_carrier_service(STANDARD) == ()
    assert rules.check_zone(NORTH) == ()
    assert rules.check_lane(LANE) == ()


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("carrier", "", "/carrier", "malformed"),
        ("service", "a b", "/service", "malformed"),
        ("name", "", "/name", "malformed"),
        ("promise", "collect", "/promise", "unknown_value"),
        ("pickup_days", (), "/pickup_days", "out_of_bounds"),
        ("pickup_days", (1, 8), "/pickup_days/1", "out_of_bounds"),
        ("parcel_weight_max_g", 0, "/parcel_weight_max_g", "out_of_bounds"),
        ("parcel_weight_max_g", 10_000_001, "/parcel_weight_max_g", "out_of_bounds"),
        ("countries", ("Italy",), "/countries/0", "malformed"),
    ],
)
def test_a_carrier_service_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    row = replace(STANDARD, **{field: value})
    assert found(rules.check_carrier_service(row)) == [(pointer, fault)]


@pytest.mark.parametrize(
    ("areas", "pointer", "fault"),
    [
        ((), "/areas", "out_of_bounds"),
        ((area("Italy"),), "/areas/0/country", "malformed"),
        ((area("IT"), area("FR", "02")), "/areas/1/postal_to", "malformed"),
        ((area("IT", "48", "10"),), "/areas/0/postal_to", "out_of_bounds"),
        ((area("IT", "1", "0999"),), "/areas/0/postal_to", "out_of_bounds"),
        ((area("IT", "1?", "2?"),), "/areas/0/postal_from", "malformed"),
        ((area("IT", "1", "2" * 13),), "/areas/0/postal_to", "malformed"),
    ],
)
def test_a_zone_out_of_shape_is_told_by_its_area(
    areas: tuple[ZoneArea, ...], pointer: str, fault: str
) -> None:
    assert found(rules.check_zone(replace(NORTH, areas=areas)))[0] == (pointer, fault)


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("carrier", "?", "/carrier", "malformed"),
        ("from_zone", "", "/from_zone", "malformed"),
        ("to_zone", "a b", "/to_zone", "malformed"),
        ("transit_days", 91, "/transit_days", "out_of_bounds"),
        ("rates", (), "/rates", "out_of_bounds"),
        ("rates", ((1_000, 5), (1_000, 6)), "/rates/1/weight_max_g", "malformed"),
        ("rates", ((1_000, 5), (900, 6)), "/rates/1/weight_max_g", "malformed"),
        ("rates", ((1_000, -1),), "/rates/0/price_cents", "out_of_bounds"),
        ("rates", ((10_000_001, 1),), "/rates/0/weight_max_g", "out_of_bounds"),
    ],
)
def test_a_lane_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_lane(replace(LANE, **{field: value}))) == [(pointer, fault)]


def test_a_lane_joins_zones_by_a_service_that_exist() -> None:
    services = {ServiceKey("aquilone", "standard")}
    assert rules.check_references(LANE, services, {"it-north", "it-south"}) == ()
    assert found(rules.check_references(LANE, (), {"it-north"})) == [
        ("/service", "unknown_reference"),
        ("/to_zone", "unknown_reference"),
    ]
    assert rules.check_references(replace(LANE, carrier=" "), (), {"it-north", "it-south"}) == ()


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("", "", ("", "00100", "ZZZ"), ()),
        ("10", "48", ("10000", "10", "48999", "30"), ("09999", "49000", "1", "")),
        ("2012", "2013", ("20121", "20139"), ("20119", "20140", "201")),
        ("1", "19", ("10000", "19999"), ("09999", "20000")),
        ("SW1A", "SW1A", ("SW1A1AA",), ("SW1B1AA", "SW1")),
    ],
)
def test_both_bounds_of_an_area_are_inside(
    first: str, last: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    assert all(rules.contains(area("IT", first, last), each) for each in inside)
    assert not any(rules.contains(area("IT", first, last), each) for each in outside)


def test_postal_codes_are_compared_in_one_spelling() -> None:
    assert rules.normal_postal("sw1a 1aa") == rules.normal_postal("SW1A-1AA") == "SW1A1AA"
    zone = ZoneRequest(code="gb", areas=(area("GB", "sw 1", "SW-2"), area("GB", "SW1", "SW2")))
    assert rules.tidy_zone(zone).areas == (area("GB", "SW1", "SW2"),)


def test_a_service_carries_no_more_than_it_may() -> None:
    assert rules.carried(taking(30_000), LANE) == LANE.rates
    assert rules.carried(taking(40_000), LANE) == LANE.rates
    assert rules.carried(taking(4_000), LANE) == ((1_000, 490), (4_000, 690))
    assert rules.carried(taking(500), LANE) == ((500, 490),)


def taking(weight_g: int) -> CarrierServiceRequest:
    return replace(STANDARD, parcel_weight_max_g=weight_g)


def test_a_surcharge_stands_on_every_price() -> None:
    """4.5 % of fuel on 490 and 690, rounded half up, and 1.80 for the island."""
    service, lane = replace(taking(5_000), surcharge_ppm=45_000), replace(LANE, surcharge_cents=180)
    assert rules.carried(service, lane)[:2] == ((1_000, 490 + 22 + 180), (5_000, 690 + 31 + 180))


def test_equal_services_are_equal_however_their_sets_are_ordered() -> None:
    shuffled = replace(STANDARD, pickup_days=(5, 4, 3, 2, 1, 1), countries=("IT", "IT"))
    assert rules.tidy_carrier_service(shuffled) == rules.tidy_carrier_service(STANDARD)
