"""Work that waits at a location takes its time, too."""

from dataclasses import replace
from uuid import UUID

from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.timing import load_of, origins_of
from ovunque.network.model import Location, OpeningHours
from ovunque.network.snapshot import NetworkView
from ovunque.sourcing.handing_over import counter_of

STORE = Location(
    id=UUID(int=1),
    version=1,
    code="MILANO",
    name="Milano",
    kind="store",
    legal_entity="it",
    street="Via Roma 1",
    postal_code="20121",
    city="Milano",
    country="IT",
    latitude_e6=45_464_200,
    longitude_e6=9_190_000,
    time_zone="Europe/Rome",
    state="open",
    capabilities=("ship_from",),
    capacity_per_day=20,
    handling_minutes=120,
    handling_cents=0,
    pick_cents=0,
)
NINE_HOURS = ((540, 1_080),)
WEEK = OpeningHours(
    location="MILANO", monday=NINE_HOURS, tuesday=NINE_HOURS, wednesday=NINE_HOURS, version=1
)
NETWORK = NetworkView(
    locations=(STORE,), position_of={STORE.id: 0}, by_code={"MILANO": STORE}, hours={"MILANO": WEEK}
)


def test_twice_a_days_capacity_takes_two_days_of_hours() -> None:
    assert load_of(NETWORK, {STORE.id: 40}) == {STORE.id: 1_080}


def test_what_the_usual_time_covers_changes_nothing() -> None:
    """Four orders take 108 minutes, of which an order's usual two hours consist anyway."""
    assert load_of(NETWORK, {STORE.id: 4}) == {}
    assert load_of(NETWORK, {STORE.id: 5}) == {STORE.id: 240}
    assert load_of(NETWORK, {UUID(int=2): 99}) == {}


def test_an_hours_capacity_ends_express_as_soon_as_it_is_full() -> None:
    """Four an hour: the fifth that waits is not ready within the hour, whatever the day takes."""
    store = replace(STORE, capacity_per_day=0, capacity_per_hour=4, handling_minutes=45)
    network = replace(NETWORK, locations=(store,), by_code={"MILANO": store}, hours={})
    assert load_of(network, {STORE.id: 3}) == {}
    full = load_of(network, {STORE.id: 5})
    assert full == {STORE.id: 120}
    for load, ready in (({}, True), (full, False)):
        (origin,) = origins_of(network, load, lambda *_: None)
        passage = counter_of(origin, "express_collect").passage(30_000_000)
        assert (passage.arrives == 30_000_045) == ready
        assert passage.arrives < NEVER or not ready
