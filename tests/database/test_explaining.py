"""Plans by cost, speed and emissions on one network, and decisions that can be read again."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from tests.factories import NOW, TESTER
from tests.worlds import CHANNEL, World, build, order_request, place_code

from ovunque.cli.why import describe_delivery
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_channel, find_location
from ovunque.network.model import ChannelRequest, LocationRequest, Objective
from ovunque.network.saving import save_channels, save_locations
from ovunque.orders.drafting import draft
from ovunque.platform.database import Database
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.explaining import Explained, body_of, explain, remember
from ovunque.sourcing.model import Reason, SourcingPlan
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

PALERMO, MILAN, FLORENCE = "L000", "L001", "L002"
CART = [("COAT", 1), ("HAT", 1)]
STOCK = {(place, sku): 5 for place in (PALERMO, MILAN, FLORENCE) for sku in ("COAT", "HAT")} | {
    ("L003", "COAT"): 1,
    ("L005", "COAT"): 9,
    ("L006", "COAT"): 9,
}


@pytest.fixture
def shops(database: Database, new_id: NewId) -> Database:
    """Palermo is the cheapest, Milan lies next to the customer, Florence still reaches the van."""
    world = World(locations=7, skus=["COAT", "HAT"], stock=STOCK)
    build(database, world, TESTER, new_id, NOW)
    changes: dict[str, dict[str, object]] = {
        PALERMO: {"latitude_e6": 38_115_700, "longitude_e6": 13_361_500, "handling_minutes": 1_500},
        MILAN: {"kind": "warehouse", "handling_cents": 160, "handling_minutes": 1_500},
        FLORENCE: {"latitude_e6": 43_769_600, "longitude_e6": 11_255_800, "handling_cents": 300},
        "L005": {"state": "paused"},
        "L006": {"capabilities": ("collect",)},
    }
    places = [change_of(database, code, fields) for code, fields in changes.items()]
    database.transact(lambda tx: save_locations(tx, TESTER, places, NOW, new_id))
    return database


def change_of(database: Database, code: str, fields: dict[str, object]) -> LocationRequest:
    place = asdict(database.read(lambda tx: find_location(tx, code)))
    for name in place.keys() - LocationRequest.__dataclass_fields__.keys():
        del place[name]
    return LocationRequest(**{**place, **fields})


def aim(database: Database, new_id: NewId, objective: Objective) -> Snapshot:
    """The snapshot after the channel chose its objective."""
    channel = asdict(database.read(lambda tx: find_channel(tx, CHANNEL)))
    del channel["id"], channel["version"]
    request = ChannelRequest(**{**channel, "objective": objective})
    database.transact(lambda tx: save_channels(tx, TESTER, [request], NOW, new_id))
    return database.read(sourcing_snapshot.load)


def plan_of(snapshot: Snapshot, new_id: NewId, **more: object) -> SourcingPlan:
    shelf = snapshot_shelf(snapshot, NOW)
    drafted = draft(order_request(CART, "anna"), snapshot, shelf, new_id)
    channel = snapshot.network.channels[CHANNEL]
    wish = Wish(channel=channel, needs=drafted.needs, whole=True, now=NOW)
    found = plan(snapshot, shelf, replace(wish, **more))  # type: ignore[arg-type]
    assert found is not None
    return found[0]


def place_of(snapshot: Snapshot, found: SourcingPlan) -> str:
    (shipment,) = found.shipments
    network = snapshot.network
    return network.locations[network.position_of[shipment.location_id]].code


def test_cost_speed_and_emissions_choose_different_places(shops: Database, new_id: NewId) -> None:
    found = {}
    for objective in Objective:
        snapshot = aim(shops, new_id, objective)
        found[objective] = plan_of(snapshot, new_id)
        expected = {"economic": PALERMO, "fastest": FLORENCE, "lowest_emissions": MILAN}
        assert place_of(snapshot, found[objective]) == expected[objective]

    cheap, fast, green = (found[each].shipments[0] for each in Objective)
    assert cheap.cost_cents < green.cost_cents < fast.cost_cents
    assert fast.arrives_at == datetime(2026, 3, 4, 17, tzinfo=UTC)  # Two days on, 18:00 in Rome.
    assert fast.arrives_at < cheap.arrives_at
    assert green.emissions_g < fast.emissions_g < cheap.emissions_g


def told(database: Database, found: SourcingPlan) -> Explained:
    """A decision written, and read again."""
    body = json.loads(json.dumps(body_of([found]), default=str))
    database.transact(lambda tx: remember(tx, [found.record.candidates]))
    ((explained,),) = database.read(lambda tx: explain(tx, [body]))
    return explained


def test_a_decision_says_what_ruled_each_place_out(shops: Database, new_id: NewId) -> None:
    snapshot = aim(shops, new_id, Objective.ECONOMIC)
    refused = snapshot.network.by_code[PALERMO].id
    explained = told(shops, plan_of(snapshot, new_id, excluded=frozenset({refused})))
    network = snapshot.network
    reasons = {
        network.locations[network.position_of[each.location_id]].code: each.reason
        for each in explained.candidates
    }

    assert reasons == {
        PALERMO: Reason.REFUSED,
        MILAN: Reason.CHOSEN,
        FLORENCE: Reason.OUTRANKED,
        "L003": Reason.LACKS_SOME,
        "L004": Reason.LACKS_ALL,
        "L005": Reason.NOT_OPEN,
        "L006": Reason.NO_CAPABILITY,
    }
    (parcel,) = explained.parcels
    best = explained.candidates[0]
    assert (parcel.location_id, parcel.cost_cents, parcel.emissions_g, parcel.arrives_at) == (
        best.location_id,
        best.cost_cents,
        best.emissions_g,
        best.arrives_at,
    )
    assert [each.units for each in explained.candidates[:3]] == [2, 2, 1]
    page = "\n".join(describe_delivery(0, explained, snapshot, 20))
    assert "> L001 Place 1" in page
    assert "dearer" in page
    assert "was asked and did not serve it" in page


def test_what_was_promised_rules_out_what_comes_later(shops: Database, new_id: NewId) -> None:
    snapshot = aim(shops, new_id, Objective.ECONOMIC)
    by = datetime(2026, 3, 4, 17, tzinfo=UTC)
    found = plan_of(snapshot, new_id, arrive_by=by)

    assert place_of(snapshot, found) == FLORENCE
    explained = told(shops, found)
    late = {each.location_id for each in explained.candidates if each.reason == Reason.TOO_LATE}
    assert {snapshot.network.by_code[code].id for code in (PALERMO, MILAN)} <= late


@pytest.mark.parametrize("size", [20, 200, 600])
def test_a_decision_is_kept_in_a_kilobyte(database: Database, new_id: NewId, size: int) -> None:
    stock = {(place_code(nth), sku): 1 for nth in range(0, size, 3) for sku in ("COAT", "HAT")}
    stock |= {(place_code(nth), "COAT"): 1 for nth in range(1, size, 3)}
    build(database, World(locations=size, skus=["COAT", "HAT"], stock=stock), TESTER, new_id, NOW)
    found = plan_of(database.read(sourcing_snapshot.load), new_id)
    document = json.dumps(body_of([found]), separators=(",", ":"), default=str)

    assert len(document) <= 1_024
    assert len(told(database, found).candidates) == size
