"""Delivery on a real database, and the columns it gives to planning, checked by hand."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest
from tests.factories import NOW, TESTER

from ovunque.delivery import listing, store
from ovunque.delivery.locating import Atlas
from ovunque.delivery.model import (
    TO_THE_DOOR,
    Basis,
    CarrierServiceRequest,
    LaneKey,
    LaneRequest,
    ServiceKey,
    Vehicle,
    ZoneArea,
    ZoneRequest,
)
from ovunque.delivery.rules.bands import BIG
from ovunque.delivery.saving import (
    save_carrier_service,
    save_carrier_services,
    save_lane,
    save_lanes,
    save_zone,
    save_zones,
)
from ovunque.delivery.snapshot import Columns, DeliveryView, load
from ovunque.delivery.timing import Errand
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Saved
from ovunque.network import snapshot as network_part
from ovunque.network.model import LegalEntityRequest, LocationRequest
from ovunque.network.saving import save_legal_entities, save_locations
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Database, Tx

AQUILONE = CarrierServiceRequest(
    carrier="aquilone",
    service="standard",
    name="Aquilone Standard",
    promise="home",
    cutoff=time(17, 30),
    pickup_days=(1, 2, 3, 4, 5),
    parcel_weight_max_g=30_000,
    countries=("IT",),
)
SAETTA = replace(
    AQUILONE, carrier="saetta", service="home", parcel_weight_max_g=4_000, countries=()
)
FAST = replace(SAETTA, service="express", promise="express")


def area(country: str, postal_from: str = "", postal_to: str = "") -> ZoneArea:
    return ZoneArea(country=country, postal_from=postal_from, postal_to=postal_to)


NORTH = ZoneRequest(code="it-north", areas=(area("IT", "10", "48"),))
ITALY = ZoneRequest(code="it", areas=(area("IT"),))
MILAN_CITY = ZoneRequest(code="milano", areas=(area("IT", "201", "201"),))
FRANCE = ZoneRequest(code="fr", areas=(area("FR"), area("MC")))
ZONES = (NORTH, ITALY, MILAN_CITY, FRANCE)

HOME = LaneRequest(
    carrier="aquilone",
    service="standard",
    from_zone="it-north",
    to_zone="it",
    transit_days=2,
    rates=((1_000, 490), (5_000, 690), (30_000, 1_290)),
)
SAETTA_HOME = replace(HOME, carrier="saetta", service="home")
LANES = (
    HOME,
    replace(HOME, from_zone="fr"),  # Aquilone does not pick up in France.
    replace(
        HOME, carrier="saetta", service="home", transit_days=1, rates=((2_000, 900), (9_000, 1_100))
    ),
    replace(
        HOME,
        carrier="saetta",
        service="home",
        from_zone="fr",
        transit_days=3,
        rates=((3_000, 1_500),),
    ),
    replace(HOME, carrier="saetta", service="express", transit_days=0, rates=((4_000, 2_500),)),
)
TURIN = LocationRequest(
    code="torino",
    name="Torino",
    kind="store",
    legal_entity="it",
    street="Via Roma 1",
    postal_code="10121",
    city="Torino",
    country="IT",
    latitude_e6=45_070_300,
    longitude_e6=7_686_900,
    time_zone="Europe/Rome",
    state="open",
    capabilities=("ship_from",),
    capacity_per_day=40,
    handling_minutes=60,
    handling_cents=120,
    pick_cents=50,
)
LYON = replace(TURIN, code="lyon", postal_code="69001", country="FR")
ROME = replace(TURIN, code="roma", postal_code="00186")
BERLIN = replace(TURIN, code="berlin", postal_code="10115", country="DE")
TO_ROME = Errand(service="home", country="IT", postal_code="00186")


@pytest.fixture
def carriers(database: Database, new_id: NewId) -> Database:
    """Two carriers, four zones, five lanes."""

    def build(tx: Tx) -> None:
        save_carrier_services(tx, TESTER, [SAETTA, AQUILONE, FAST], NOW, new_id)
        save_zones(tx, TESTER, ZONES, NOW, new_id)
        save_lanes(tx, TESTER, LANES, NOW, new_id)

    database.transact(build)
    return database


@pytest.fixture
def network(carriers: Database, new_id: NewId) -> NetworkView:
    company = LegalEntityRequest(code="it", name="Tessalba", country="IT")

    def build(tx: Tx) -> NetworkView:
        save_legal_entities(tx, TESTER, [company], NOW, new_id)
        save_locations(tx, TESTER, [TURIN, LYON, ROME, BERLIN], NOW, new_id)
        return network_part.load(tx)

    return carriers.transact(build)


def faults(refusal: Refusal) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in refusal.errors]


def test_what_is_saved_is_read_again(carriers: Database) -> None:
    service = carriers.read(
        lambda tx: listing.find_carrier_service(tx, ServiceKey("aquilone", "standard"))
    )
    assert all(getattr(service, name) == getattr(AQUILONE, name) for name in AQUILONE.__slots__)
    zone = carriers.read(lambda tx: listing.find_zone(tx, "fr"))
    assert zone.areas == FRANCE.areas
    lane = carriers.read(lambda tx: listing.find_lane(tx, HOME.key))
    assert all(getattr(lane, name) == getattr(HOME, name) for name in HOME.__slots__)


def test_a_second_save_of_the_same_rows_writes_nothing(carriers: Database, new_id: NewId) -> None:
    shuffled = replace(FRANCE, areas=FRANCE.areas[::-1])

    def again(tx: Tx) -> tuple[Saved, ...]:
        return (
            save_carrier_services(tx, TESTER, [AQUILONE, SAETTA], NOW, new_id),
            save_zones(tx, TESTER, [shuffled, NORTH], NOW, new_id),
            save_lanes(tx, TESTER, LANES, NOW, new_id),
        )

    assert carriers.transact(again) == tuple(Saved(unchanged=count) for count in (2, 2, 5))
    told = carriers.read(
        lambda tx: tx.execute("select kind, subject from journal order by position").fetchall()
    )
    assert told == [
        ("carrier.changed", "3 carriers"),
        ("zone.changed", "4 zones"),
        ("lane.changed", "5 lanes"),
    ]


def test_rows_are_replaced_with_their_parts(carriers: Database, new_id: NewId) -> None:
    def edit(tx: Tx) -> tuple[int, ...]:
        slow = replace(AQUILONE, cutoff=time(12))
        wide = replace(NORTH, areas=(area("IT", "10", "20"), area("IT", "3", "4")))
        cheap = replace(HOME, rates=((1_000, 390), (2_000, 490)))
        return (
            save_carrier_service(tx, TESTER, slow, NOW, new_id, expected_version=1).version,
            save_zone(tx, TESTER, wide, NOW, new_id, expected_version=1).version,
            save_lane(tx, TESTER, cheap, NOW, new_id, expected_version=1).version,
        )

    assert carriers.transact(edit) == (2, 2, 2)
    assert carriers.read(lambda tx: listing.find_lane(tx, HOME.key)).rates == (
        (1_000, 390),
        (2_000, 490),
    )
    assert len(carriers.read(lambda tx: listing.find_zone(tx, "it-north")).areas) == 2
    with pytest.raises(Refusal, match="version_conflict"):
        carriers.transact(edit)


def test_all_faults_of_a_batch_are_told(carriers: Database, new_id: NewId) -> None:
    rows = [
        HOME,
        replace(HOME, service="overnight", to_zone="nowhere"),
        replace(HOME, to_zone="fr", rates=((0, 5),)),
        replace(HOME, transit_days=9),
    ]
    with pytest.raises(Refusal) as caught:
        carriers.transact(lambda tx: save_lanes(tx, TESTER, rows, NOW, new_id))
    assert faults(caught.value) == [
        ("/1/service", "unknown_reference"),
        ("/1/to_zone", "unknown_reference"),
        ("/2/rates/0/weight_max_g", "out_of_bounds"),
        ("/2/rates/0/weight_max_g", "malformed"),
        ("/3/to_zone", "duplicate"),
    ]
    twice = [NORTH, replace(NORTH, areas=())]
    with pytest.raises(Refusal) as caught:
        carriers.transact(lambda tx: save_zones(tx, TESTER, twice, NOW, new_id))
    assert faults(caught.value) == [("/1/areas", "out_of_bounds"), ("/1/code", "duplicate")]
    nul = replace(AQUILONE, carrier="\x00")
    with pytest.raises(Refusal) as caught:
        carriers.transact(lambda tx: save_carrier_service(tx, TESTER, nul, NOW, new_id))
    assert faults(caught.value) == [("/carrier", "malformed")]


def test_pages_follow_each_other_by_key(carriers: Database) -> None:
    services = carriers.read(lambda tx: listing.list_carrier_services(tx, limit=2))
    rest = carriers.read(lambda tx: listing.list_carrier_services(tx, after=services[-1].key))
    assert [str(each.key) for each in (*services, *rest)] == [
        "aquilone/standard",
        "saetta/express",
        "saetta/home",
    ]
    lanes = carriers.read(lambda tx: listing.list_lanes(tx, limit=3))
    others = carriers.read(lambda tx: listing.list_lanes(tx, after=lanes[-1].key))
    keys = [each.key for each in (*lanes, *others)]
    assert keys == sorted(each.key for each in LANES)
    zones = carriers.read(lambda tx: listing.list_zones(tx, after="it"))
    assert [each.code for each in zones] == ["it-north", "milano"]


def test_what_is_not_there_is_not_found(carriers: Database) -> None:
    for key in (ServiceKey("aquilone", "x"), ServiceKey("\x00", "x")):
        with pytest.raises(Refusal, match="not_found"):
            carriers.read(lambda tx, key=key: listing.find_carrier_service(tx, key))  # type: ignore[misc]
    with pytest.raises(Refusal, match="not_found"):
        carriers.read(lambda tx: listing.find_zone(tx, "nowhere"))
    with pytest.raises(Refusal, match="not_found"):
        carriers.read(lambda tx: listing.find_lane(tx, LaneKey("a", "b", "c", "d")))


@pytest.mark.parametrize(
    ("country", "postal_code", "zone"),
    [
        ("IT", "20122", "milano"),
        ("IT", "20221", "it-north"),
        ("IT", "10 121", "it-north"),
        ("IT", "00186", "it"),
        ("IT", "", "it"),
        ("FR", "75004", "fr"),
        ("MC", "98000", "fr"),
        ("DE", "10115", None),
    ],
)
def test_the_most_precise_area_tells_the_zone(
    carriers: Database, country: str, postal_code: str, zone: str | None
) -> None:
    view = carriers.read(load)
    codes = {each.id: each.code for each in carriers.read(listing.list_zones)}
    for _ in range(2):  # The second answer comes from memory.
        found = view.zone_of(country, postal_code)
        assert (codes[found] if found else None) == zone


def test_of_two_equally_precise_areas_the_lower_zone_code_wins(
    carriers: Database, new_id: NewId
) -> None:
    twin = replace(NORTH, code="alps", areas=(area("IT", "10", "15"),))
    zone = carriers.transact(lambda tx: save_zone(tx, TESTER, twin, NOW, new_id))
    assert carriers.read(load).zone_of("IT", "10121") == zone.id


def columns_of(view: DeliveryView, network: NetworkView, promise: str = "home") -> Columns:
    positions = np.arange(len(network.locations), dtype=np.int16)[::-1]
    errand = replace(TO_ROME, service=promise)
    return view.columns(errand, view.seen_from(network), positions)


def named(network: NetworkView, columns: Columns) -> list[tuple[str, str]]:
    return [
        (network.locations[at].code, str(columns.services[row].key))
        for at, row in zip(columns.location, columns.service, strict=True)
    ]


def test_columns_price_every_way_to_an_address(carriers: Database, network: NetworkView) -> None:
    """Rome is in a zone without lanes, Berlin in none; Saetta carries 4 kg and no more."""
    columns = columns_of(carriers.read(load), network)
    assert named(network, columns) == [
        ("lyon", "saetta/home"),
        ("torino", "aquilone/standard"),
        ("torino", "saetta/home"),
    ]
    assert columns.weight_edges_g.tolist() == [1_000, 2_000, 3_000, 4_000, 5_000, 30_000]
    assert columns.price_cents.tolist() == [
        [1_500, 1_500, 1_500, BIG, BIG, BIG],
        [490, 690, 690, 690, 690, 1_290],
        [900, 900, 1_100, 1_100, BIG, BIG],
    ]
    assert [columns.timetables[row].days for row in columns.timetable] == [3, 2, 1]
    assert columns.service_ids == tuple(columns.services[row].id for row in columns.service)


def test_express_is_another_promise(carriers: Database, network: NetworkView) -> None:
    columns = columns_of(carriers.read(load), network, "express")
    assert named(network, columns) == [("torino", "saetta/express")]
    assert columns.price_cents.tolist() == [[2_500]]


def test_where_nobody_delivers_there_are_no_columns(
    carriers: Database, network: NetworkView
) -> None:
    view = carriers.read(load)
    everywhere = np.arange(4, dtype=np.int16)
    for promise, country in (("home", "DE"), ("home", "FR"), ("collect", "IT")):
        errand = Errand(service=promise, country=country, postal_code="10115")
        columns = view.columns(errand, view.seen_from(network), everywhere)
        assert (columns.price_cents.shape, len(columns.location)) == ((0, 0), 0)


def test_columns_are_remembered_until_the_network_changes(
    carriers: Database, network: NetworkView, new_id: NewId
) -> None:
    view = carriers.read(load)
    first = columns_of(view, network)
    assert columns_of(view, network) is first
    assert not first.price_cents.flags.writeable
    turin = np.array([network.position_of[network.by_code["torino"].id]], np.int16)
    fewer = view.columns(TO_ROME, view.seen_from(network), turin)
    assert named(network, fewer) == [("torino", "aquilone/standard"), ("torino", "saetta/home")]

    moved = replace(LYON, country="IT", postal_code="40100")

    def move(tx: Tx) -> NetworkView:
        save_locations(tx, TESTER, [moved], NOW, new_id)
        return network_part.load(tx, network)

    later = carriers.transact(move)
    assert len(named(later, columns_of(view, later))) == 4


def test_built_in_factors_are_there_for_every_vehicle_a_service_may_name(
    carriers: Database,
) -> None:
    """Published averages, from the well to the wheel in 10⁻⁵ kg; batteries have no tank."""
    rows = {(each.vehicle, each.basis): each for each in carriers.read(store.list_factors)}
    total = {kind: each.ttw_f5 + each.wtt_f5 for kind, each in rows.items()}

    assert {vehicle for vehicle, basis in rows if basis == Basis.TONNE_KM} == {*Vehicle}
    assert {vehicle for vehicle, basis in rows if basis == Basis.VEHICLE_KM} >= TO_THE_DOOR
    assert total[Vehicle.ARTIC_OVER_33T, Basis.TONNE_KM] == 9_502
    assert total[Vehicle.RIGID_OVER_17T, Basis.TONNE_KM] == 20_882
    assert total[Vehicle.RIGID_TO_7T, Basis.TONNE_KM] == 65_057
    assert total[Vehicle.RIGID_TO_17T, Basis.TONNE_KM] == 45_608
    assert total[Vehicle.VAN_DIESEL, Basis.TONNE_KM] == 78_225
    assert total[Vehicle.VAN_DIESEL, Basis.VEHICLE_KM] == 31_689
    assert total[Vehicle.RAIL, Basis.TONNE_KM] == 3_470
    assert total[Vehicle.FERRY, Basis.TONNE_KM] == 46_140
    assert rows[Vehicle.VAN_ELECTRIC, Basis.VEHICLE_KM].ttw_f5 == 0
    assert total[Vehicle.VAN_ELECTRIC, Basis.VEHICLE_KM] == 9_397
    assert total[Vehicle.VAN_ELECTRIC, Basis.TONNE_KM] == 29_709
    assert all(each.source and each.license for each in rows.values())


def test_the_vehicles_of_a_service_are_checked(carriers: Database, new_id: NewId) -> None:
    odd = replace(AQUILONE, line_haul="balloon", last_mile="air_long", sorts=10, stop_m=-1)
    with pytest.raises(Refusal) as refused:
        carriers.transact(lambda tx: save_carrier_services(tx, TESTER, [odd], NOW, new_id))
    assert [each.pointer for each in refused.value.errors] == [
        "/0/line_haul",
        "/0/sorts",
        "/0/last_mile",
        "/0/stop_m",
    ]


def test_a_place_is_where_its_coordinates_or_its_neighbors_are(network: NetworkView) -> None:
    atlas = Atlas(network)
    turin = network.position_of[network.by_code["torino"].id]

    def meters(country: str, postal_code: str, at: tuple[int, int] | None = None) -> int:
        return int(atlas.place(country, postal_code, at).distance_m[turin])

    here = network.by_code["torino"].coordinates
    assert meters("IT", "", (here.latitude_e6, here.longitude_e6)) < 8_000
    assert meters("IT", "10199") == 0  # Its post code begins as that of our only store there.
    assert 300_000 < meters("IT", "95100") < 700_000  # Somewhere in the middle of the country.
    assert meters("XX", "1") == 500_000
    assert atlas.place("IT", "10199") is atlas.place("IT", "10 199")
