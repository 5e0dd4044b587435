"""What a row of the network must be, before any database sees it."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import (
    Saved,
    code,
    differs,
    faults_of_one,
    known,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
    text,
    within,
)
from ovunque.network import rules
from ovunque.network.model import (
    Channel,
    ChannelRequest,
    LegalEntityRequest,
    Location,
    LocationKind,
    LocationRequest,
)

MILAN = LocationRequest(
    code="milano",
    name="Milano Duomo",
    kind="store",
    legal_entity="it",
    street="Via Torino 2",
    postal_code="20123",
    city="Milano",
    region="MI",
    country="IT",
    latitude_e6=45_464_200,
    longitude_e6=9_190_000,
    time_zone="Europe/Rome",
    state="open",
    capabilities=("ship_from", "collect"),
    capacity_per_day=40,
    handling_minutes=60,
    handling_cents=120,
    pick_cents=50,
    groups=("stores", "all"),
)
WEB = ChannelRequest(
    code="web-it",
    name="example.org/it",
    kind="web",
    legal_entity="it",
    countries=("IT", "SM"),
    currency="EUR",
    languages=("it", "de-CH"),
    pool="all",
    home_pool="warehouses",
    listing=("shoes", "belts"),
)
COMPANY = LegalEntityRequest(code="it", name="Tessalba S.p.A.", country="IT", vat_id="IT01")


def found(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in faults]


def test_a_good_row_has_no_fault() -> None:
    assert rules.check_location(MILAN) == ()
    assert rules.check_channel(WEB) == ()
    assert rules.check_legal_entity(COMPANY) == ()


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("code", "", "/code", "malformed"),
        ("code", "a b", "/code", "malformed"),
        ("code", "x" * 65, "/code", "malformed"),
        ("name", " ", "/name", "malformed"),
        ("name", "Mila\x00no", "/name", "malformed"),
        ("name", "Cafe\u0301", "/name", "malformed"),
        ("name", "x" * 201, "/name", "out_of_bounds"),
        ("kind", "shop", "/kind", "unknown_value"),
        ("legal_entity", "", "/legal_entity", "malformed"),
        ("street", "", "/street", "malformed"),
        ("postal_code", "1" * 21, "/postal_code", "out_of_bounds"),
        ("region", "", "/region", "malformed"),
        ("country", "it", "/country", "malformed"),
        ("country", "ITA", "/country", "malformed"),
        ("latitude_e6", 90_000_001, "/latitude", "out_of_bounds"),
        ("latitude_e6", -(10**400), "/latitude", "out_of_bounds"),
        ("longitude_e6", -180_000_001, "/longitude", "out_of_bounds"),
        ("state", "opened", "/state", "unknown_value"),
        ("capabilities", ("ship_from", "fly"), "/capabilities/1", "unknown_value"),
        ("capacity_per_day", -1, "/capacity_per_day", "out_of_bounds"),
        ("capacity_per_day", 1_000_001, "/capacity_per_day", "out_of_bounds"),
        ("handling_minutes", 100_001, "/handling_minutes", "out_of_bounds"),
        ("handling_cents", 10_000_001, "/handling_cents", "out_of_bounds"),
        ("pick_cents", -1, "/pick_cents", "out_of_bounds"),
        ("unit_cents", 10_000_001, "/unit_cents", "out_of_bounds"),
        ("capacity_per_hour", -1, "/capacity_per_hour", "out_of_bounds"),
        ("express_radius_km", 1_001, "/express_radius_km", "out_of_bounds"),
        ("express_minutes", 0, "/express_minutes", "out_of_bounds"),
        ("carts", "half", "/carts", "unknown_value"),
        ("pause_reason", "Rain", "/pause_reason", "contradiction"),
        ("groups", ("all", "no group"), "/groups/1", "malformed"),
        ("groups", ("g",) * 251, "/groups", "out_of_bounds"),
    ],
)
def test_a_location_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_location(replace(MILAN, **{field: value}))) == [(pointer, fault)]


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("kind", "shop", "/kind", "unknown_value"),
        ("countries", (), "/countries", "out_of_bounds"),
        ("countries", ("IT", "San Marino"), "/countries/1", "malformed"),
        ("currency", "eur", "/currency", "malformed"),
        ("languages", (), "/languages", "out_of_bounds"),
        ("languages", ("italiano",), "/languages/0", "malformed"),
        ("pool", "a pool", "/pool", "malformed"),
        ("home_pool", "", "/home_pool", "malformed"),
        ("listing", ("",), "/listing/0", "malformed"),
        ("objective", "cheapest", "/objective", "unknown_value"),
    ],
)
def test_a_channel_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_channel(replace(WEB, **{field: value}))) == [(pointer, fault)]


def test_what_a_row_points_to_must_exist() -> None:
    assert rules.check_references(MILAN, {"it"}, {"Europe/Rome"}) == ()
    assert found(rules.check_references(MILAN, (), ("Europe/Paris",))) == [
        ("/legal_entity", "unknown_reference"),
        ("/time_zone", "unknown_value"),
    ]
    assert found(rules.check_pools(WEB, {"it"}, {"all"})) == [("/home_pool", "unknown_reference")]


def test_what_is_malformed_is_not_called_unknown_as_well() -> None:
    assert known("/pool", "no code", ()) == ()


def test_sets_have_one_order_and_lists_keep_theirs() -> None:
    shuffled = replace(
        MILAN, groups=("all", "stores", "all"), capabilities=("collect", "ship_from")
    )
    assert rules.tidy_location(shuffled) == rules.tidy_location(MILAN)
    assert rules.tidy_channel(WEB).listing == ("belts", "shoes")
    assert rules.tidy_channel(WEB).countries == ("IT", "SM")


def test_bounds_are_included_on_both_sides() -> None:
    assert within("/n", 0, 0, 5) == within("/n", 5, 0, 5) == within("/n", None, 0, 5) == ()
    assert text("/t", "x" * 200) == text("/t", None) == code("/c", "x" * 64) == ()


def test_the_second_of_two_equal_keys_is_at_fault() -> None:
    assert [found(each) for each in repeated("/code", ["a", "b", "a"])] == [
        [],
        [],
        [("/code", "duplicate")],
    ]


def test_a_row_differs_by_any_field_and_from_nothing() -> None:
    assert not differs(COMPANY, replace(COMPANY))
    assert differs(COMPANY, replace(COMPANY, vat_id=None))
    assert differs(None, COMPANY)
    assert tally(5, ["a", "b", "c"], {"a": COMPANY}) == Saved(created=2, changed=1, unchanged=2)


def test_a_batch_is_refused_with_all_its_faults() -> None:
    fault = Fault("/name", "malformed", "This text is blank.")
    refuse_faults([(), ()])
    with pytest.raises(Refusal) as caught:
        refuse_faults([(), (fault, fault), (fault,)])
    assert caught.value.code == "invalid"
    assert [each.pointer for each in caught.value.errors] == ["/1/name", "/1/name", "/2/name"]


def test_faults_of_one_row_point_into_the_row() -> None:
    with pytest.raises(Refusal) as caught, faults_of_one():
        refuse_faults([(Fault("/name", "malformed", "This text is blank."),)])
    assert [each.pointer for each in caught.value.errors] == ["/name"]
    with pytest.raises(Refusal, match="busy"), faults_of_one():
        raise Refusal("busy")


def test_what_somebody_else_changed_is_not_written_over() -> None:
    class Standing:
        version = 3

    refuse_conflict({"it": Standing()}, 3)
    refuse_conflict({"it": Standing()}, None)
    for standing in ({"it": Standing()}, {}):
        with pytest.raises(Refusal, match="version_conflict"):
            refuse_conflict(standing, 2)


def test_a_channel_lists_its_categories_or_everything() -> None:
    web = Channel(id=UUID(int=1), version=1, **asdict(WEB))
    assert web.lists("belts")
    assert not web.lists("hats")
    assert not web.lists(None)
    assert replace(web, listing=()).lists(None)


@pytest.mark.parametrize(
    ("state", "capabilities", "ships"),
    [
        ("open", ("ship_from",), True),
        ("open", ("collect",), False),
        ("closing", ("ship_from",), False),
        ("paused", ("ship_from",), False),
    ],
)
def test_parcels_leave_from_open_locations_that_ship(
    state: str, capabilities: tuple[str, ...], ships: bool
) -> None:
    location = Location(id=UUID(int=1), version=1, **asdict(MILAN))
    assert replace(location, state=state, capabilities=capabilities).is_shipping is ships


kinds = st.sampled_from(LocationKind)
looks = st.lists(st.booleans(), max_size=300)  # Whether each unit that was looked for was there.


@given(kind=kinds, found=looks)
def test_every_unit_found_makes_a_place_surer_and_every_missing_one_less_so(
    kind: LocationKind, found: list[bool]
) -> None:
    asked, missing = len(found), found.count(False)
    sure = rules.confidence_ppm(kind, asked, missing)

    assert 0 < sure < rules.PPM, "nothing is ever certain"
    assert rules.confidence_ppm(kind, asked + 1, missing) >= sure
    assert rules.confidence_ppm(kind, asked + 1, missing + 1) < sure


@given(kind=kinds, percent=st.integers(0, 100))
def test_what_is_believed_of_a_kind_gives_way_to_what_was_seen(
    kind: LocationKind, percent: int
) -> None:
    asked = 100_000
    seen = rules.confidence_ppm(kind, asked, asked * (100 - percent) // 100)

    assert abs(seen - percent * 10_000) < 5_000


def test_nobody_is_believed_who_has_proved_wrong() -> None:
    """A reseller, of whom ten in a hundred are doubted: of fifty units ten were not there."""
    assert rules.confidence_ppm("reseller", 0, 0) == 900_000
    assert rules.confidence_ppm("reseller", 50, 10) == 837_500, "(30 - 3 + 40) of (30 + 50)"
    assert rules.confidence_ppm("warehouse", 50, 10) == 973_333
