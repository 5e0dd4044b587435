"""The network on a real database: rows are created, replaced, or left alone, and told once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.factories import NOW, TESTER

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Saved
from ovunque.network import listing
from ovunque.network.model import (
    ChannelRequest,
    GroupRequest,
    LegalEntityRequest,
    LocationFilter,
    LocationRequest,
)
from ovunque.network.saving import (
    save_channel,
    save_channels,
    save_group,
    save_groups,
    save_legal_entities,
    save_legal_entity,
    save_location,
    save_locations,
)
from ovunque.network.snapshot import NetworkView, load
from ovunque.platform.database import Database, Tx

COMPANY = LegalEntityRequest(code="it", name="Tessalba S.p.A.", country="IT")
MILAN = LocationRequest(
    code="milano",
    name="Milano Duomo",
    kind="store",
    legal_entity="it",
    street="Via Torino 2",
    postal_code="20123",
    city="Milano",
    country="IT",
    latitude_e6=45_464_200,
    longitude_e6=9_190_000,
    time_zone="Europe/Rome",
    state="open",
    capabilities=("collect", "ship_from"),
    capacity_per_day=40,
    handling_minutes=60,
    handling_cents=120,
    pick_cents=50,
    groups=("all", "stores"),
)
PIACENZA = replace(MILAN, code="piacenza", kind="warehouse", groups=("all", "warehouses"))
WEB = ChannelRequest(
    code="web-it",
    name="example.org/it",
    kind="web",
    legal_entity="it",
    countries=("IT",),
    currency="EUR",
    languages=("it",),
    pool="all",
    home_pool="warehouses",
)


@pytest.fixture
def network(database: Database, new_id: NewId) -> Database:
    """A company, a warehouse and a store, and a web shop that sells from both."""

    def build(tx: Tx) -> None:
        save_legal_entities(tx, TESTER, [COMPANY], NOW, new_id)
        save_locations(tx, TESTER, [PIACENZA, MILAN], NOW, new_id)
        save_channels(tx, TESTER, [WEB], NOW, new_id)

    database.transact(build)
    return database


def facts(database: Database) -> list[tuple[str, str, Mapping[str, Any]]]:
    return database.read(
        lambda tx: tx.execute(
            "select kind, subject, body from journal order by position"
        ).fetchall()
    )


def faults(refusal: Refusal) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in refusal.errors]


def test_what_is_saved_is_read_again(network: Database) -> None:
    milan = network.read(lambda tx: listing.find_location(tx, "milano"))
    assert replace(milan, id=milan.id) == milan
    assert all(getattr(milan, name) == getattr(MILAN, name) for name in MILAN.__slots__)
    web = network.read(lambda tx: listing.find_channel(tx, "web-it"))
    assert all(getattr(web, name) == getattr(WEB, name) for name in WEB.__slots__)
    group = network.read(lambda tx: listing.find_group(tx, "all"))
    assert (group.name, group.locations) == ("all", ("milano", "piacenza"))
    assert network.read(lambda tx: listing.find_legal_entity(tx, "it")).name == COMPANY.name


def test_one_fact_names_all_that_changed_of_a_kind(network: Database) -> None:
    assert facts(network) == [
        ("legal_entity.changed", "it", {"codes": ["it"]}),
        ("location.changed", "2 locations", {"codes": ["piacenza", "milano"]}),
        ("group.changed", "3 groups", {"codes": ["all", "stores", "warehouses"]}),
        ("channel.changed", "web-it", {"codes": ["web-it"]}),
    ]


def test_a_second_save_of_the_same_rows_writes_nothing(network: Database, new_id: NewId) -> None:
    before = facts(network)
    shuffled = replace(MILAN, groups=("stores", "all"), capabilities=("ship_from", "collect"))

    def again(tx: Tx) -> tuple[Saved, ...]:
        return (
            save_legal_entities(tx, TESTER, [COMPANY], NOW, new_id),
            save_locations(tx, TESTER, [shuffled, PIACENZA], NOW, new_id),
            save_groups(tx, TESTER, [GroupRequest(code="all", name="all")], NOW, new_id),
            save_channels(tx, TESTER, [WEB], NOW, new_id),
        )

    assert network.transact(again) == tuple(Saved(unchanged=count) for count in (1, 2, 1, 1))
    assert facts(network) == before
    assert network.read(lambda tx: listing.find_location(tx, "milano")).version == 1


def test_a_batch_creates_replaces_and_leaves_alone(network: Database, new_id: NewId) -> None:
    closed = replace(MILAN, state="closed", region="MI")
    turin = replace(MILAN, code="torino")
    rows = [closed, turin, PIACENZA]
    saved = network.transact(lambda tx: save_locations(tx, TESTER, rows, NOW, new_id))
    assert saved == Saved(created=1, changed=1, unchanged=1)
    milan = network.read(lambda tx: listing.find_location(tx, "milano"))
    assert (milan.state, milan.region, milan.version) == ("closed", "MI", 2)
    assert facts(network)[-1] == (
        "location.changed",
        "2 locations",
        {"codes": ["milano", "torino"]},
    )


def test_groups_alone_make_a_change(network: Database, new_id: NewId) -> None:
    moved = replace(MILAN, groups=("outlets", "stores"))
    saved = network.transact(lambda tx: save_location(tx, TESTER, moved, NOW, new_id))
    assert (saved.groups, saved.version) == (("outlets", "stores"), 2)
    assert network.read(lambda tx: listing.find_group(tx, "all")).locations == ("piacenza",)
    alone = replace(MILAN, groups=())
    assert network.transact(lambda tx: save_location(tx, TESTER, alone, NOW, new_id)).groups == ()


def test_all_faults_of_a_batch_are_told_and_nothing_is_saved(
    network: Database, new_id: NewId
) -> None:
    rows = [
        replace(MILAN, name="Changed"),
        replace(MILAN, code="a", legal_entity="fr", time_zone="Europe/Atlantis"),
        replace(MILAN, code="b", latitude_e6=90_000_001),
        replace(MILAN, code="a", legal_entity="n\x00"),
    ]
    with pytest.raises(Refusal) as caught:
        network.transact(lambda tx: save_locations(tx, TESTER, rows, NOW, new_id))
    assert faults(caught.value) == [
        ("/1/legal_entity", "unknown_reference"),
        ("/1/time_zone", "unknown_value"),
        ("/2/latitude", "out_of_bounds"),
        ("/3/legal_entity", "malformed"),
        ("/3/code", "duplicate"),
    ]
    assert network.read(lambda tx: listing.find_location(tx, "milano")).name == MILAN.name


def test_a_channel_sells_what_exists(network: Database, new_id: NewId) -> None:
    row = replace(WEB, legal_entity="fr", pool="everything")
    with pytest.raises(Refusal) as caught:
        network.transact(lambda tx: save_channel(tx, TESTER, row, NOW, new_id))
    assert faults(caught.value) == [
        ("/legal_entity", "unknown_reference"),
        ("/pool", "unknown_reference"),
    ]


def test_every_time_zone_of_the_package_is_known(network: Database, new_id: NewId) -> None:
    rows = [replace(MILAN, time_zone=name) for name in ("UTC", "America/Argentina/Ushuaia")]
    for row in rows:
        saved = network.transact(lambda tx, row=row: save_location(tx, TESTER, row, NOW, new_id))  # type: ignore[misc]
        assert saved.time_zone == row.time_zone


def test_what_somebody_else_changed_is_not_written_over(network: Database, new_id: NewId) -> None:
    def edit(name: str, seen: int) -> int:
        row = replace(MILAN, name=name)
        return network.transact(
            lambda tx: save_location(tx, TESTER, row, NOW, new_id, expected_version=seen)
        ).version

    assert edit("First", 1) == 2
    with pytest.raises(Refusal) as caught:
        edit("Second", 1)
    assert (caught.value.code, caught.value.details) == (
        "version_conflict",
        {"expected": 1, "version": 2},
    )
    assert edit("Second", 2) == 3


def test_every_noun_of_the_network_is_edited_by_version(network: Database, new_id: NewId) -> None:
    def edit(tx: Tx) -> tuple[int, ...]:
        company = replace(COMPANY, vat_id="IT01")
        group = GroupRequest(code="all", name="Everything")
        shop = replace(WEB, listing=("shoes",))
        return (
            save_legal_entity(tx, TESTER, company, NOW, new_id, expected_version=1).version,
            save_group(tx, TESTER, group, NOW, new_id, expected_version=1).version,
            save_channel(tx, TESTER, shop, NOW, new_id, expected_version=1).version,
        )

    assert network.transact(edit) == (2, 2, 2)
    with pytest.raises(Refusal, match="version_conflict"):
        network.transact(edit)


def test_pages_follow_each_other_by_code(network: Database, new_id: NewId) -> None:
    rows = [replace(MILAN, code=f"store-{nth}", groups=("more",)) for nth in range(5)]
    network.transact(lambda tx: save_locations(tx, TESTER, rows, NOW, new_id))

    def page(after: str) -> list[str]:
        found = network.read(lambda tx: listing.list_locations(tx, after=after, limit=3))
        return [each.code for each in found]

    codes = page("")
    while following := page(codes[-1]):
        codes += following
    assert codes == ["milano", "piacenza", *(f"store-{nth}" for nth in range(5))]


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        (LocationFilter(), ["milano", "piacenza"]),
        (LocationFilter(kind="store"), ["milano"]),
        (LocationFilter(state="closed"), []),
        (LocationFilter(country="IT", group="warehouses"), ["piacenza"]),
        (LocationFilter(country="FR"), []),
        (LocationFilter(group="nobody"), []),
    ],
)
def test_locations_are_listed_by_what_they_are(
    network: Database, filters: LocationFilter, codes: list[str]
) -> None:
    found = network.read(lambda tx: listing.list_locations(tx, filters=filters))
    assert [each.code for each in found] == codes


def test_the_rest_of_the_network_is_listed_too(network: Database) -> None:
    assert [each.code for each in network.read(listing.list_legal_entities)] == ["it"]
    assert [each.code for each in network.read(listing.list_channels)] == ["web-it"]
    groups = network.read(lambda tx: listing.list_groups(tx, after="all"))
    assert [each.code for each in groups] == ["stores", "warehouses"]


@pytest.mark.parametrize("code", ["nobody", "", "\x00", "x" * 1_000])
def test_what_is_not_there_is_not_found(network: Database, code: str) -> None:
    for find in (
        listing.find_location,
        listing.find_channel,
        listing.find_group,
        listing.find_legal_entity,
    ):
        with pytest.raises(Refusal, match="not_found"):
            network.read(lambda tx, find=find: find(tx, code))  # type: ignore[misc]


def test_two_writers_of_the_same_new_locations_do_not_fail(
    network: Database, new_id: NewId
) -> None:
    rows = [replace(MILAN, code=f"race-{nth}", groups=(f"group-{nth}",)) for nth in range(40)]

    def save(turn: int) -> Saved:
        asked = rows if turn % 2 else rows[::-1]
        return network.transact(lambda tx: save_locations(tx, TESTER, asked, NOW, new_id))

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(save, range(8)))
    view = network.read(load)
    assert len(view.locations) == 42
    assert all(view.by_code[each.code].groups == each.groups for each in rows)


def codes_at(view: NetworkView, positions: Any) -> list[str]:
    return [view.locations[position].code for position in positions]


def test_a_channel_sees_its_pools_by_position(network: Database, new_id: NewId) -> None:
    rows = [
        replace(MILAN, code="a-paused", state="paused"),
        replace(MILAN, code="b-counter", capabilities=("collect",)),
        replace(MILAN, code="c-foreign", groups=("partners",)),
    ]
    network.transact(lambda tx: save_locations(tx, TESTER, rows, NOW, new_id))
    view = network.read(load)
    shop = view.channels["web-it"]
    assert shop.channel.code == "web-it"
    assert codes_at(view, shop.pool) == ["a-paused", "b-counter", "milano", "piacenza"]
    assert codes_at(view, shop.shipping) == ["milano", "piacenza"]
    assert codes_at(view, shop.home_pool) == ["piacenza"]
    assert shop.pool.dtype == "int16"
    assert all(view.position_of[each.id] == at for at, each in enumerate(view.locations))


def test_a_location_keeps_its_position_when_others_come(network: Database, new_id: NewId) -> None:
    before = network.read(load)
    rows = [replace(MILAN, code="aosta"), replace(MILAN, state="closed")]
    network.transact(lambda tx: save_locations(tx, TESTER, rows, NOW, new_id))
    after = network.read(lambda tx: load(tx, before))
    assert [each.code for each in before.locations] == ["milano", "piacenza"]
    assert [each.code for each in after.locations] == ["milano", "piacenza", "aosta"]
    assert codes_at(after, after.channels["web-it"].pool) == ["aosta", "milano", "piacenza"]
    assert codes_at(after, after.channels["web-it"].shipping) == ["aosta", "piacenza"]
    assert before.by_code["milano"].state == "open"
