"""Every way of getting goods, through the front door: offered where it can be had, and ordered."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.api.conftest import Api, key_maker
from tests.api.test_promises import CART, changed
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build

from ovunque.api.application import create_api
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId
from ovunque.network.saving import save_locations
from ovunque.orders.checking import check_now
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings

SECONDS_MAX = 10
COAT = [{"sku": "COAT", "quantity": 1}]
HAT = [{"sku": "HAT", "quantity": 1}]
ALL = ["collect", "express_collect", "reserve", "ship_from"]
STOCK = {("L000", "COAT"): 9, ("L001", "HAT"): 9, ("L002", "HAT"): 9}
ROME = {"postal_code": "00186", "latitude_e6": 41_902_800, "longitude_e6": 12_496_400}


@pytest.fixture
def api(database: Database, new_id: NewId) -> Iterator[Api]:
    """A warehouse with coats, two stores with hats of which one is far, and a pickup point."""
    world = World(locations=4, skus=["COAT", "HAT"], stock=STOCK)
    build(database, world, TESTER, new_id, now())
    changes: dict[str, dict[str, object]] = {
        "L001": {"capabilities": tuple(ALL), "handling_minutes": 240},
        "L002": {"capabilities": tuple(ALL), **ROME},
        "L003": {"kind": "pickup_point", "capabilities": (), "groups": ()},
    }
    places = [changed(database, code, fields) for code, fields in changes.items()]
    database.transact(lambda tx: save_locations(tx, TESTER, places, now(), new_id))
    with furnish(Settings(), database, answer_in_loop) as services:
        asking = Api(create_api(services, ROUTERS, HOT), key_maker(services)())
        yield asking
        asking.close()
    assert check_now(database) == ()


@pytest.fixture
def ask(api: Api) -> Callable[..., list[dict[str, Any]]]:
    """The options of a cart."""

    def quoted(**told: Any) -> list[dict[str, Any]]:
        answer = api.post("/v1/promises", CART | told)
        assert answer.status_code == 200, answer.text
        options: list[dict[str, Any]] = answer.json()["options"]
        return options

    return quoted


def order(api: Api, lines: list[Any], *deliveries: dict[str, Any]) -> dict[str, Any]:
    price = {"amount": 4990, "currency": "EUR"}
    body = {
        "channel": CHANNEL,
        "customer": {"name": "Ada", "email": "ada@example.com"},
        "lines": [each | {"unit_price": price} for each in lines],
        "deliveries": deliveries,
    }
    answer = api.post("/v1/orders", body, headers={"Idempotency-Key": str(deliveries)[:200]})
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


def places(options: list[dict[str, Any]]) -> set[Any]:
    return {each.get("location") for each in options}


def test_within_the_hour_only_near_and_only_of_its_own_stock(
    api: Api, ask: Callable[..., Any]
) -> None:
    (option,) = ask(lines=HAT, services=["express_collect"])
    assert option["location"] == "L001"
    latest = datetime.fromisoformat(option["arrives"]["latest"])
    assert latest <= now() + timedelta(minutes=60)
    assert ask(lines=COAT, services=["express_collect"]) == []  # It would have to be sent.
    placed = order(
        api,
        HAT,
        {"service": "express_collect", "location": "L001", "promise": option["token"]},
    )
    (work,) = placed["fulfillments"]
    assert (work["location"], work["service"]) == ("L001", "express_collect")
    assert placed["promise"]["deviation"] is None


def test_goods_are_set_aside_in_a_store_that_has_them(api: Api, ask: Callable[..., Any]) -> None:
    options = ask(lines=HAT, services=["reserve"])
    assert places(options) == {"L001", "L002"}
    placed = order(
        api, HAT, {"service": "reserve", "location": "L001", "promise": options[0]["token"]}
    )
    assert [each["service"] for each in placed["fulfillments"]] == ["reserve"]


def test_what_lies_in_the_store_is_taken_away_at_once(api: Api, ask: Callable[..., Any]) -> None:
    (option,) = ask(lines=HAT, services=["take_away"], locations=["L001"])
    assert datetime.fromisoformat(option["arrives"]["latest"]) <= now()
    assert ask(lines=COAT, services=["take_away"], locations=["L001"]) == []
    order(api, HAT, {"service": "take_away", "location": "L001", "promise": option["token"]})


def test_parcels_go_to_a_pickup_point(api: Api, ask: Callable[..., Any]) -> None:
    options = ask(lines=COAT, services=["pickup_point", "home"])
    (point,) = [each for each in options if each["service"] == "pickup_point"]
    (door,) = [each for each in options if each["service"] == "home"]
    assert (point["location"], point["parcels"][0]["location"]) == ("L003", "L000")
    assert point["arrives"]["latest"] > door["arrives"]["latest"]  # It has to be put out first.
    assert point["customer_price"]["amount"] == 0  # Free from 49 euros.
    placed = order(
        api, COAT, {"service": "pickup_point", "location": "L003", "promise": point["token"]}
    )
    (work,) = placed["fulfillments"]
    assert (work["location"], work["collect_at"]) == ("L000", None)


def test_what_is_sent_to_a_store_is_promised_and_ordered(api: Api, ask: Callable[..., Any]) -> None:
    options = ask(lines=[*COAT, *HAT], services=["collect"], locations=["L001"])
    option = min(options, key=lambda each: len(each["parcels"]))
    assert {each["location"] for each in option["parcels"]} == {"L000", "L001"}
    assert option["arrives"]["latest"] == max(each["arrives"] for each in option["parcels"])
    placed = order(
        api,
        [*COAT, *HAT],
        {"service": "collect", "location": "L001", "promise": option["token"]},
    )
    assert placed["promise"]["deviation"] is None
    sent = {each["location"]: each["collect_at"] for each in placed["fulfillments"]}
    assert sent == {"L000": "L001", "L001": None}


def test_each_line_goes_its_own_way(api: Api, ask: Callable[..., Any]) -> None:
    lines = [COAT[0] | {"service": "pickup_point"}, HAT[0] | {"service": "reserve"}]
    carried = {(e["service"], e["lines"][0]["sku"]) for e in ask(lines=lines, services=None)}
    assert carried == {("pickup_point", "COAT"), ("reserve", "HAT")}
    placed = order(
        api,
        [COAT[0] | {"delivery": 0}, HAT[0] | {"delivery": 1}],
        {"service": "pickup_point", "location": "L003"},
        {"service": "reserve", "location": "L001"},
    )
    assert {each["service"] for each in placed["fulfillments"]} == {"pickup_point", "reserve"}


def test_each_store_says_how_far_how_soon_and_of_which_carts_it_serves(
    api: Api, ask: Callable[..., Any]
) -> None:
    def says(code: str, **told: Any) -> None:
        stands = api.get(f"/v1/locations/{code}").json()
        body = {name: stands[name] for name in stands.keys() - {"version", "confidence"}}
        answer = api.put(f"/v1/locations/{code}", body | told)
        assert answer.status_code == 200, answer.text

    def express() -> set[str]:
        return places(ask(lines=HAT, services=["express_collect"]))

    def from_where() -> set[str]:
        options = ask(lines=[*HAT, *COAT], services=["home"])
        return {parcel["location"] for each in options for parcel in each["parcels"]}

    assert express() == {"L001"}
    says("L002", express_radius_km=900)
    assert wait_until(lambda: express() == {"L001", "L002"}, SECONDS_MAX), "as far as it says"
    says("L001", capabilities=["ship_from", "collect"])
    assert wait_until(lambda: express() == {"L002"}, SECONDS_MAX)
    latest = now() + timedelta(minutes=25)
    says("L002", express_radius_km=900, express_minutes=20)
    assert wait_until(lambda: soonest(ask(lines=HAT, services=["express_collect"])) < latest, 10)

    assert from_where() >= {"L000", "L001"}
    says("L001", carts="whole")
    assert wait_until(lambda: from_where() == {"L000", "L002"}, SECONDS_MAX), "it has no coat"
    says("L000", carts="whole")
    assert wait_until(lambda: from_where() == set(), SECONDS_MAX)
    assert places(ask(lines=COAT, services=["home"])) == {None}, "of a coat it has everything"


def soonest(options: list[dict[str, Any]]) -> datetime:
    return min(datetime.fromisoformat(each["arrives"]["latest"]) for each in options)
