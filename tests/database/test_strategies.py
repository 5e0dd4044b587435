"""Strategies from draft to the orders that follow them, and back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.database.test_explaining import (
    CART,
    FLORENCE,
    MILAN,
    PALERMO,
    STOCK,
    change_of,
    place_of,
    plan_of,
    told,
)
from tests.factories import NOW, TESTER
from tests.worlds import World, build, order_request

from ovunque.cli.why import describe_delivery
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.network.saving import save_locations
from ovunque.orders.drafting import draft
from ovunque.platform import journal
from ovunque.platform.database import Database
from ovunque.platform.journal import Cursor
from ovunque.sourcing import publishing
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.model import Applied, Deviation, Promised, Reason
from ovunque.sourcing.model.ruling import Aim, Conditions, Otherwise, PlanStep, Strategy, Version
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf
from ovunque.sourcing.publishing import PublishRequest, RollBackRequest
from ovunque.sourcing.rules.findings import Known
from ovunque.sourcing.snapshot import Snapshot

WAREHOUSE = PlanStep(name="Warehouse", kinds=(LocationKind.WAREHOUSE,), parcels_max=1)
GREEN = PlanStep(
    name="Greenest store",
    kinds=(LocationKind.STORE,),
    keeps_promise=True,
    aim=Aim.LOWEST_EMISSIONS,
    parcels_max=2,
)


@pytest.fixture
def shops(database: Database, new_id: NewId) -> Database:
    """Milan is the warehouse and lies next to the customer; Palermo is cheapest and far."""
    world = World(locations=7, skus=["COAT", "HAT"], stock=STOCK)
    build(database, world, TESTER, new_id, NOW)
    changes: dict[str, dict[str, object]] = {
        PALERMO: {
            "kind": "store",
            "latitude_e6": 38_115_700,
            "longitude_e6": 13_361_500,
            "handling_minutes": 1_500,
            "groups": ("all", "south"),
        },
        MILAN: {"kind": "warehouse", "handling_cents": 160, "handling_minutes": 1_500},
        FLORENCE: {"latitude_e6": 43_769_600, "longitude_e6": 11_255_800, "handling_cents": 300},
    }
    places = [change_of(database, code, fields) for code, fields in changes.items()]
    database.transact(lambda tx: save_locations(tx, TESTER, places, NOW, new_id))
    return database


def strategy(*steps: PlanStep, **more: object) -> Strategy:
    return Strategy(**{"code": "home", "name": "Home", "steps": steps, **more})  # type: ignore[arg-type]


def publish(
    database: Database, asked: Strategy, starts_at: datetime | None = None, now: datetime = NOW
) -> Version:
    snapshot = database.read(sourcing_snapshot.load)
    known = publishing.known_in(snapshot.network, snapshot.delivery)
    request = PublishRequest(code=asked.code, known=known, starts_at=starts_at)
    database.transact(lambda tx: publishing.save_draft(tx, TESTER, asked, now))
    return database.transact(lambda tx: publishing.publish(tx, TESTER, request, now))


def seen(database: Database, *steps: PlanStep, **more: object) -> Snapshot:
    """The snapshot after a strategy of these steps was published."""
    publish(database, strategy(*steps, **more))
    return database.read(sourcing_snapshot.load)


FILTERS: dict[Reason, PlanStep] = {
    Reason.WRONG_KIND: PlanStep(name="A", kinds=(LocationKind.STORE,)),
    Reason.WRONG_GROUP: PlanStep(name="A", groups=("south",)),
    Reason.NOT_NAMED: PlanStep(name="A", not_locations=(MILAN,)),
}


def test_each_filter_rules_out_what_it_says_and_the_record_tells(
    shops: Database, new_id: NewId
) -> None:
    snapshot = shops.read(sourcing_snapshot.load)
    milan = snapshot.network.by_code[MILAN].id
    for reason, step in FILTERS.items():
        snapshot = seen(shops, step)
        explained = told(shops, plan_of(snapshot, new_id))
        assert explained.applied == Applied("home", _number(shops), 1, "A")
        found = {each.location_id: each.reason for each in explained.candidates}
        assert found[milan] == reason


def _number(database: Database) -> int:
    found = database.read(lambda tx: publishing.find_strategy(tx, "home"))
    return found.versions[0].number


@pytest.mark.parametrize(
    ("step", "place", "code", "reason"),
    [
        (PlanStep(name="A", distance_km_max=400), MILAN, PALERMO, Reason.TOO_FAR),
        (PlanStep(name="A", days_max=2), FLORENCE, MILAN, Reason.TOO_SLOW),
        (PlanStep(name="A", keep_units=4), PALERMO, "L003", Reason.KEEPS_ITS_LAST),
        (PlanStep(name="A", busy_percent_max=0), PALERMO, None, None),
        (PlanStep(name="A", carriers=("gls/standard",)), PALERMO, None, None),
    ],
)
def test_filters_of_what_changes_by_the_hour(
    shops: Database,
    new_id: NewId,
    step: PlanStep,
    place: str,
    code: str | None,
    reason: Reason | None,
) -> None:
    snapshot = seen(shops, step)
    found = plan_of(snapshot, new_id)
    assert place_of(snapshot, found) == place
    if code is not None:
        reasons = {each.location_id: each.reason for each in told(shops, found).candidates}
        assert reasons[snapshot.network.by_code[code].id] == reason


def test_the_first_step_that_serves_the_order_decides(shops: Database, new_id: NewId) -> None:
    """The warehouse first; without its goods the greenest store that keeps the promise."""
    snapshot = seen(shops, WAREHOUSE, GREEN)
    first = plan_of(snapshot, new_id)
    assert place_of(snapshot, first) == MILAN
    lines = "\n".join(describe_delivery(0, told(shops, first), snapshot, 20))
    assert "strategy home v1, step 1 «Warehouse»" in lines
    assert "is another kind of location" in lines

    milan = frozenset({snapshot.network.by_code[MILAN].id})
    second = plan_of(snapshot, new_id, excluded=milan)
    assert place_of(snapshot, second) == FLORENCE
    assert told(shops, second).applied == Applied("home", 1, 2, "Greenest store")


def test_what_no_step_serves_goes_anywhere_or_waits(shops: Database, new_id: NewId) -> None:
    none = PlanStep(name="None", locations=("L004",))
    snapshot = seen(shops, none)
    found = plan_of(snapshot, new_id)
    assert place_of(snapshot, found) == PALERMO
    assert found.record.applied == Applied("home", 1, 0)

    snapshot = seen(shops, none, otherwise=Otherwise.WAIT)
    drafted = draft(order_request(CART, "anna"), snapshot, snapshot_shelf(snapshot, NOW), new_id)
    wish = Wish(
        channel=snapshot.network.channels["web-it"], needs=drafted.needs, whole=True, now=NOW
    )
    assert plan(snapshot, snapshot_shelf(snapshot, NOW), wish) is None
    (waiting,) = plan(snapshot, snapshot_shelf(snapshot, NOW), replace(wish, whole=False)) or ()
    assert not waiting.shipments
    assert sum(each.quantity for each in waiting.unmet) == 2


def test_a_promise_is_kept_by_the_rules_if_they_can_and_against_them_if_not(
    shops: Database, new_id: NewId
) -> None:
    """What customers were told binds more than where we would rather take it from."""
    snapshot = seen(shops, replace_step(GREEN, keeps_promise=False))
    drafted = draft(order_request(CART, "anna"), snapshot, snapshot_shelf(snapshot, NOW), new_id)
    early = plan_of(seen(shops, PlanStep(name="A", aim=Aim.FASTEST)), new_id)
    arrives = early.shipments[0].arrives_at
    only_milan = PlanStep(name="A", locations=(MILAN,))
    snapshot = seen(shops, only_milan, otherwise=Otherwise.WAIT)

    (need,) = drafted.needs
    late = replace(need, promised=Promised(arrive_by=arrives + timedelta(days=9)))
    soon = replace(need, promised=Promised(arrive_by=arrives))
    wish = Wish(channel=snapshot.network.channels["web-it"], needs=(late,), whole=True, now=NOW)
    shelf = snapshot_shelf(snapshot, NOW)
    (by_rules,) = plan(snapshot, shelf, wish) or ()
    (against,) = plan(snapshot, shelf, replace(wish, needs=(soon,))) or ()

    assert place_of(snapshot, by_rules) == MILAN
    assert place_of(snapshot, against) == FLORENCE
    assert against.deviation in (None, Deviation.MOVED)


def replace_step(step: PlanStep, **more: object) -> PlanStep:
    fields = {name: getattr(step, name) for name in step.__struct_fields__}
    return PlanStep(**{**fields, **more})


def test_published_at_a_time_it_counts_from_then_on(shops: Database, new_id: NewId) -> None:
    first = strategy(WAREHOUSE)
    publish(shops, first)
    later = NOW + timedelta(hours=1)
    publish(shops, strategy(PlanStep(name="South", groups=("south",))), starts_at=later)
    snapshot = shops.read(sourcing_snapshot.load)

    assert place_of(snapshot, plan_of(snapshot, new_id)) == MILAN
    assert place_of(snapshot, plan_of(snapshot, new_id, now=later)) == PALERMO
    assert place_of(snapshot, plan_of(snapshot, new_id)) == MILAN  # Whoever asks again of before.


def test_rolled_back_what_counted_before_counts_again(shops: Database, new_id: NewId) -> None:
    """Under its own new number, and what was to begin later is withdrawn."""
    publish(shops, strategy(WAREHOUSE))
    south = strategy(PlanStep(name="South", groups=("south",)))
    publish(shops, south)
    publish(shops, strategy(GREEN), starts_at=NOW + timedelta(days=1))
    request = RollBackRequest(code="home")
    back = shops.transact(lambda tx: publishing.roll_back(tx, TESTER, request, NOW))

    assert (back.number, back.restores) == (4, 1)
    snapshot = shops.read(sourcing_snapshot.load)
    assert place_of(snapshot, plan_of(snapshot, new_id)) == MILAN
    tomorrow = snapshot.steering.ranked(NOW + timedelta(days=2))
    assert [each.number for each in tomorrow] == [4]
    told = [
        (entry.kind, entry.actor, entry.body.get("restores"))
        for entry in shops.read(lambda tx: journal.read(tx, Cursor(1, 0, 0), 1_000))
        if entry.kind.startswith("strategy.published")
    ]
    assert told == [("strategy.published", "tester", None)] * 3 + [
        ("strategy.published", "tester", 1)
    ]
    again = RollBackRequest(code="home", number=4)
    with pytest.raises(Refusal) as refused:
        shops.transact(lambda tx: publishing.roll_back(tx, TESTER, again, NOW))
    assert refused.value.code == "not_found"


def test_a_follower_sees_what_is_published(shops: Database, new_id: NewId) -> None:
    snapshot = shops.read(sourcing_snapshot.load)
    before = snapshot.version
    publish(shops, strategy(WAREHOUSE))
    snapshot.apply(shops, shops.read(lambda tx: journal.read(tx, before, 1_000)))
    assert place_of(snapshot, plan_of(snapshot, new_id)) == MILAN


def test_a_draft_with_an_error_is_not_published(shops: Database) -> None:
    with pytest.raises(Refusal) as refused:
        publish(shops, strategy(PlanStep(name="A", groups=("nowhere",))))
    assert refused.value.errors[0].pointer == "/steps/0/groups/0"
    publish(shops, strategy(WAREHOUSE))
    request = PublishRequest(code="home", known=_known(shops))
    with pytest.raises(Refusal):  # There is no draft any more.
        shops.transact(lambda tx: publishing.publish(tx, TESTER, request, NOW))


def _known(database: Database) -> Known:
    snapshot = database.read(sourcing_snapshot.load)
    return publishing.known_in(snapshot.network, snapshot.delivery)


def test_who_has_seen_an_older_draft_does_not_write_over_it(shops: Database) -> None:
    asked = strategy(WAREHOUSE, when=Conditions(channels=("web-it",)))
    shops.transact(lambda tx: publishing.save_draft(tx, TESTER, asked, NOW, expected_edition=0))
    other = strategy(GREEN)
    with pytest.raises(Refusal) as refused:
        shops.transact(lambda tx: publishing.save_draft(tx, TESTER, other, NOW, expected_edition=0))
    assert refused.value.code == "version_conflict"


def test_two_who_publish_at_once_publish_once(shops: Database) -> None:
    """Both have read the same draft: one of them publishes it, the other finds none."""
    known = _known(shops)
    shops.transact(lambda tx: publishing.save_draft(tx, TESTER, strategy(WAREHOUSE), NOW))

    def work(_: int) -> int | str:
        request = PublishRequest(code="home", known=known)
        try:
            return shops.transact(lambda tx: publishing.publish(tx, TESTER, request, NOW)).number
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as people:
        found = sorted(map(str, people.map(work, range(4))))
    assert found == ["1", "not_found", "not_found", "not_found"]
