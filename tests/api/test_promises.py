"""Promises through the front door: options, tokens, and orders that take them up."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
import typer
from tests.api.conftest import Api, NewKey, key_maker
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build, put

from ovunque.access.model import Scope
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.promises import PromiseAsked, request_of, show_options
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.cli.promise import address_of, describe, line_of
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_location
from ovunque.network.model import LocationRequest
from ovunque.network.saving import save_locations
from ovunque.orders.checking import check_now
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.http.faults import convert
from ovunque.platform.settings import Settings
from ovunque.promise.model import PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing.planning import snapshot_shelf

FAR, NEAR, READY = "L000", "L001", "L002"  # The cheapest, the greenest, the fastest.
BOTH = {"COAT", "HAT"}
STOCK = {(place, sku): 3 for place in (FAR, NEAR, READY) for sku in BOTH} | {("L003", "HAT"): 1}
TO: dict[str, Any] = {"country": "IT", "postal_code": "20123", "city": "Milano"}
HOME: dict[str, Any] = {"service": "home", "address": {"street": "Via Torino 1", **TO}}
CART: dict[str, Any] = {
    "channel": CHANNEL,
    "lines": [{"sku": "COAT", "quantity": 1}, {"sku": "HAT", "quantity": 1}],
    "destination": TO,
    "services": ["home"],
}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Services]:
    """One place is cheap and far, one lies next to the customer, one hands over at once."""
    build(
        database,
        World(locations=4, skus=["COAT", "HAT", "BELT"], stock=STOCK),
        TESTER,
        new_id,
        now(),
    )
    changes: dict[str, dict[str, object]] = {
        FAR: {"latitude_e6": 38_115_700, "longitude_e6": 13_361_500, "handling_minutes": 6_000},
        NEAR: {"kind": "warehouse", "handling_cents": 160, "handling_minutes": 6_000},
        READY: {"latitude_e6": 43_769_600, "longitude_e6": 11_255_800, "handling_cents": 300},
    }
    places = [changed(database, code, fields) for code, fields in changes.items()]
    database.transact(lambda tx: save_locations(tx, TESTER, places, now(), new_id))
    with furnish(Settings(), database, answer_in_loop) as furnished:
        yield furnished
    assert check_now(database) == ()


def changed(database: Database, code: str, fields: dict[str, object]) -> LocationRequest:
    place = asdict(database.read(lambda tx: find_location(tx, code)))
    for name in place.keys() - LocationRequest.__dataclass_fields__.keys():
        del place[name]
    return LocationRequest(**{**place, **fields})


@pytest.fixture
def shop_key(shop: Services) -> NewKey:
    return key_maker(shop)


@pytest.fixture
def api(shop: Services, shop_key: NewKey) -> Iterator[Api]:
    asking = Api(create_api(shop, ROUTERS, HOT), shop_key())
    yield asking
    asking.close()


@pytest.fixture
def ask(api: Api) -> Callable[..., dict[str, Any]]:
    """The answer to a cart; what is told replaces parts of it."""

    def quoted(**told: Any) -> dict[str, Any]:
        answer = api.post("/v1/promises", CART | told)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return quoted


def badge(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """The option with a badge."""
    (found,) = [each for each in answer["options"] if name in each["badges"]]
    return dict(found)


def places(option: dict[str, Any]) -> list[str]:
    return [each["location"] for each in option["parcels"]]


def order(
    api: Api, token: str, name: str, service: str = "home", **told: Any
) -> tuple[int, dict[str, Any]]:
    """An order that takes up a promise: its status, and what was answered."""
    price = {"amount": 4990, "currency": "EUR"}
    body = {
        "channel": CHANNEL,
        "customer": {"name": name, "email": f"{name}@example.com"},
        "lines": [{"sku": sku, "quantity": 1, "unit_price": price} for sku in sorted(BOTH)],
        "delivery": HOME | {"service": service, "promise": token},
    }
    answer = api.post("/v1/orders", body | told, headers={"Idempotency-Key": name})
    return answer.status_code, answer.json()


def test_options_are_the_cheapest_the_fastest_and_the_greenest(ask: Callable[..., Any]) -> None:
    answer = ask()

    assert answer["problems"] == []
    assert answer["emissions"]["quality"] == "assumed"
    assert places(badge(answer, "cheapest")) == [FAR]
    assert places(badge(answer, "fastest")) == [READY]
    assert places(badge(answer, "lowest_emissions")) == [NEAR]
    assert len([each for each in answer["options"] if "best" in each["badges"]]) == 1
    for option in answer["options"]:
        assert option["customer_price"] == {"amount": 0, "currency": "EUR"}  # Free from 69 euros.
        assert option["arrives"]["earliest"] <= option["arrives"]["latest"]
        assert option["order_by"] <= option["parcels"][0]["ready_at"] <= option["arrives"]["latest"]
        assert option["cost"]["amount"] == sum(each["cost"]["amount"] for each in option["parcels"])
        assert option["emissions_g"] == sum(each["emissions_g"] for each in option["parcels"])
    one = ask(lines=[{"sku": "HAT", "quantity": 1}])
    assert {each["customer_price"]["amount"] for each in one["options"]} == {490}


def test_what_it_costs_us_is_told_to_those_who_may_know(api: Api, shop_key: NewKey) -> None:
    api.token = shop_key(Scope.PROMISE)
    (option, *_) = api.post("/v1/promises", CART).json()["options"]
    assert "cost" not in option
    assert "cost" not in option["parcels"][0]
    api.token = shop_key(Scope.READ)
    assert api.post("/v1/promises", CART).status_code == 403


def test_express_and_counters_are_options_too(ask: Callable[..., Any]) -> None:
    cart = CART | {"services": None}
    answer = ask(services=["express", "collect"])

    assert {each["service"] for each in answer["options"]} == {"express", "collect"}
    counters = [each["location"] for each in answer["options"] if each["service"] == "collect"]
    assert set(counters) == {FAR, NEAR, READY}  # The fourth has hats only.
    named = ask(services=["collect"], locations=["L003"], lines=[{"sku": "HAT", "quantity": 1}])
    (hat,) = named["options"]
    assert (hat["location"], hat["customer_price"]["amount"]) == ("L003", 0)
    assert hat["arrives"]["earliest"] == hat["arrives"]["latest"]
    assert cart["services"] is None


def test_every_option_that_nothing_beats_can_be_had(ask: Callable[..., Any]) -> None:
    picks, full = ask(), ask(front="full")
    assert len(full["options"]) >= len(picks["options"])


def test_a_line_may_have_a_way_of_its_own(ask: Callable[..., Any]) -> None:
    lines = [
        {"sku": "COAT", "quantity": 1, "service": "home"},
        {"sku": "HAT", "quantity": 1, "service": "collect"},
    ]
    answer = ask(lines=lines, services=["home", "collect"])

    carried = {(each["service"], each["lines"][0]["sku"]) for each in answer["options"]}
    assert carried == {("home", "COAT"), ("collect", "HAT")}
    assert answer["problems"] == []


def test_what_cannot_be_had_is_a_problem_of_its_line(ask: Callable[..., Any]) -> None:
    lines = [
        {"sku": "COAT", "quantity": 11},
        {"sku": "NO-SUCH", "quantity": 1},
        {"sku": "HAT", "quantity": 2},
    ]
    answer = ask(lines=lines)
    assert answer["options"] == []
    told = {(each["pointer"], each["code"]) for each in answer["problems"]}
    assert told >= {("/lines/0", "out_of_stock"), ("/lines/1/sku", "unknown_reference")}
    assert "9 of 11" in next(e["detail"] for e in answer["problems"] if e["code"] == "out_of_stock")

    partly = ask(lines=lines, allow_partial=True)
    (option, *_) = partly["options"]
    assert {"sku": "HAT", "quantity": 2} in option["lines"]
    assert {"sku": "COAT", "quantity": 9} in option["lines"]
    assert {each["pointer"] for each in partly["problems"]} == {"/lines/0", "/lines/1/sku"}

    nowhere = ask(destination={"country": "GL", "postal_code": "3900"})
    assert {each["code"] for each in nowhere["problems"]} == {"not_deliverable"}


def test_a_cart_that_makes_no_sense_is_refused(api: Api) -> None:
    for told, pointer in (
        ({"channel": "moon"}, "/channel"),
        ({"locations": ["L999"]}, "/locations/0"),
        ({"destination": None}, "/destination"),
        ({"services": ["teleport"]}, "/services/0"),
    ):
        answer = api.post("/v1/promises", CART | told)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("name", ["cheapest", "fastest", "lowest_emissions"])
def test_an_order_starts_from_the_plan_it_was_promised(
    api: Api, ask: Callable[..., Any], name: str
) -> None:
    option = badge(ask(), name)
    status, answer = order(api, option["token"], name)

    assert status == 201, answer
    assert [each["location"] for each in answer["fulfillments"]] == places(option)
    assert answer["fulfillments"][0]["arrives_at"] == option["arrives"]["latest"]
    assert answer["promise"] == {
        "earliest": option["arrives"]["earliest"],
        "latest": option["arrives"]["latest"],
        "customer_price": option["customer_price"],
        "deviation": None,
        "standing": "on_track",
    } | dict.fromkeys(("charged", "revised", "outcome", "arrived_at", "blame"))
    assert answer["deliveries"][0]["promise"] == answer["promise"]
    assert api.get(answer["links"]["self"]).json()["promise"] == answer["promise"]
    (decision,) = api.get(answer["links"]["decisions"]).json()["data"]
    (delivery,) = decision["deliveries"]
    assert [each["location"] for each in delivery["parcels"]] == places(option)


def take_all(shop: Services, place: str) -> None:
    """Somebody else bought what a place had."""
    put(shop.database, {(place, sku): 0 for sku in BOTH}, TESTER, now())
    row = shop.snapshot().network.position_of[shop.snapshot().network.by_code[place].id]
    size = len(shop.snapshot().network.locations)
    wait_until(lambda: not shop.snapshot().stock.free_at("COAT", size)[row], 10)


def test_a_plan_that_is_gone_is_made_up_for_in_time(
    api: Api, ask: Callable[..., Any], shop: Services
) -> None:
    option = badge(ask(), "cheapest")
    take_all(shop, FAR)
    status, answer = order(api, option["token"], "anna")

    assert status == 201, answer
    assert answer["fulfillments"][0]["location"] in (NEAR, READY)
    assert answer["promise"]["deviation"] == "moved"
    assert answer["promise"]["latest"] == option["arrives"]["latest"]
    (decision,) = api.get(answer["links"]["decisions"]).json()["data"]
    assert decision["deviations"] == [{"delivery": 0, "deviation": "moved"}]


def test_a_promise_that_cannot_be_kept_is_changed_not_broken(
    api: Api, ask: Callable[..., Any], shop: Services
) -> None:
    """Nobody else is as fast: the customer chooses again, or has sold it already elsewhere."""
    option = badge(ask(), "fastest")
    take_all(shop, READY)
    status, refused = order(api, option["token"], "anna")

    assert (status, refused["code"]) == (422, "promise_changed")
    assert {tuple(places(each)) for each in refused["options"]} == {(FAR,), (NEAR,)}
    status, answer = order(api, refused["options"][0]["token"], "anna-again")
    assert (status, answer["promise"]["deviation"]) == (201, None)
    status, sold = order(api, option["token"], "shop", on_shortage="accept")
    assert (status, sold["promise"]["deviation"]) == (201, "late")


def test_when_nothing_is_left_that_is_what_is_said(
    api: Api, ask: Callable[..., Any], shop: Services
) -> None:
    option = badge(ask(), "fastest")
    for place in (FAR, NEAR, READY):
        take_all(shop, place)
    status, refused = order(api, option["token"], "anna")

    assert (status, refused["code"]) == (409, "out_of_stock")


def test_an_order_with_many_lines_is_planned_aside(api: Api, shop: Services) -> None:
    skus = [f"BELT-{nth}" for nth in range(20)]
    for sku in skus:
        item = {"sku": sku, "product": sku, "titles": {"en": sku}, "weight_g": 300}
        assert api.post("/v1/items", item).status_code == 201
    stock = {(NEAR if nth % 3 else READY, sku): 2 for nth, sku in enumerate(skus)}
    put(shop.database, stock, TESTER, now())
    wait_until(lambda: shop.snapshot().stock.row(skus[-1])[1].sum() == 2, 10)
    wait_until(lambda: skus[-1] in shop.snapshot().catalog.items, 10)
    price = {"amount": 4990, "currency": "EUR"}
    lines = [{"sku": sku, "quantity": 1, "unit_price": price} for sku in skus]
    status, answer = order(api, "none", "anna", lines=lines, delivery=None, deliveries=[HOME])

    assert status == 201, answer
    assert {each["location"] for each in answer["fulfillments"]} == {NEAR, READY}


def test_a_promise_binds_to_its_cart_and_its_destination(api: Api, ask: Callable[..., Any]) -> None:
    token = badge(ask(), "cheapest")["token"]
    other = ask(services=["express"])["options"][0]["token"]
    rome = ask(destination={"country": "IT", "postal_code": "00100"})["options"][0]["token"]
    fewer = ask(lines=[{"sku": "HAT", "quantity": 1}])["options"][0]["token"]
    broken = token[:-8] + ("AAAAAAAA" if not token.endswith("AAAAAAAA") else "BBBBBBBB")

    for nth, (wrong, detail) in enumerate(
        (
            (other, "service"),
            (rome, "destination"),
            (fewer, "lines"),
            (broken, "sealed"),
            ("x", "sealed"),
        )
    ):
        status, refused = order(api, wrong, f"anna-{nth}")
        assert (status, refused["code"]) == (422, "promise_invalid")
        assert detail in refused["detail"]


def test_a_person_reads_the_same_options(shop: Services) -> None:
    snapshot = shop.snapshot()
    request = PromiseRequest(
        channel=CHANNEL,
        lines=(line_of("COAT:2"), line_of("HAT")),
        address=address_of("it 20123"),
        services=("home",),
        allow_partial=True,
    )
    found = quote(snapshot, snapshot_shelf(snapshot, now()), shop.promises.prices, request, now())
    page = "\n".join(describe(found, CHANNEL, snapshot))

    assert "cheapest" in page
    assert "2 x COAT, 1 x HAT" in page
    assert "g CO2e, order by" in page
    for wrong in ("COAT:0", "COAT:x", "COAT:²"):
        with pytest.raises(typer.BadParameter):
            line_of(wrong)
    with pytest.raises(typer.BadParameter):
        address_of("Milano")


def test_an_old_promise_comes_with_what_can_be_promised_now(api: Api, shop: Services) -> None:
    snapshot = shop.snapshot()
    asked = request_of(convert(CART, PromiseAsked))
    before = quote(
        snapshot,
        snapshot_shelf(snapshot, now()),
        shop.promises.prices,
        asked,
        now() - timedelta(minutes=16),
    )
    (old, *_) = show_options(before, CHANNEL, snapshot, shop.promises)
    status, refused = order(api, old.token, "anna")

    assert (status, refused["code"]) == (422, "promise_expired")
    status, _ = order(api, refused["options"][0]["token"], "anna-again")
    assert status == 201
