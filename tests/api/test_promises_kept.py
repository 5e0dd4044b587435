"""What pages say of items, and what becomes of promises: kept, late, learned from."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
from tests.api.conftest import Api
from tests.api.test_promises import (  # noqa: F401 - fixtures
    BOTH,
    FAR,
    NEAR,
    READY,
    TO,
    api,
    ask,
    badge,
    changed,
    order,
    places,
    shop,
    shop_key,
    take_all,
)
from tests.factories import TESTER
from tests.worlds import CHANNEL, put

from ovunque.api.call import Services
from ovunque.api.costs import PAGE as PAGE_COST
from ovunque.api.promise_pages import express
from ovunque.delivery.rules.days import Days, Level
from ovunque.delivery.teaching import teach
from ovunque.kernel.ids import parse_public_id
from ovunque.network.saving import save_locations
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.platform.http.express import Express
from ovunque.platform.http.pacing import Buckets
from ovunque.promise import learning, scoring, watching
from ovunque.promise.model import PriceBook, PriceRow
from ovunque.promise.watching import WatchRequest

PAGE = f"/v1/promises?channel={CHANNEL}&country=IT&postal_code=20123"


def test_a_product_page_asks_for_one_item_and_a_list_for_many(api: Api) -> None:  # noqa: F811
    answer = api.get(f"{PAGE}&sku=COAT&service=home&service=express")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert {each["service"] for each in item["options"]} == {"home", "express"}
    assert "token" not in answer.text
    assert answer.json()["stale"] is False

    many = api.get(f"{PAGE}&sku=COAT&sku=HAT&sku=NO-SUCH&sku=BELT").json()["items"]
    told = [(each["sku"], bool(each["options"])) for each in many]
    assert told == [("COAT", True), ("HAT", True), ("NO-SUCH", False), ("BELT", False)]
    assert many[2]["problems"][0]["code"] == "unknown_reference"
    sound = {"channel": CHANNEL, "country": "IT", "postal_code": "20123", "sku": "COAT"}
    for name, value in {"channel": "moon", "country": "it", "service": "teleport"}.items():
        refused = api.get("/v1/promises?" + urlencode(sound | {name: value}))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
            422,
            f"query:{name}",
        )
    assert api.get(PAGE).json()["errors"][0]["pointer"] == "query:sku"


def test_what_a_page_was_told_is_remembered_until_it_changes(
    api: Api,  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """The short way says what the long way says; stock, prices and places strike it out."""

    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 599, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    way = {"/v1/promises": express(shop.pages, shop.keys, shop.buckets)}
    short = Api(Express(nobody, way, "0" * 16), api.token)  # type: ignore[arg-type]

    def told(asking: Api = short) -> list[Any]:
        answer = asking.get(f"{PAGE}&sku=COAT&sku=HAT")
        assert answer.status_code == 200
        return [each["options"] for each in answer.json()["items"]]

    before = told()
    assert before == told(api) == told()
    assert (
        short.get(f"{PAGE}&sku=COAT").headers["etag"] == api.get(f"{PAGE}&sku=COAT").headers["etag"]
    )
    assert {short.get(f"{PAGE}&sku=COAT&{more}").status_code for more in ("x=1", "service=x")} == {
        599
    }

    put(shop.database, {(place, "COAT"): 0 for place in (FAR, NEAR, READY)}, TESTER, now())
    assert wait_until(lambda: not told()[0], 10)
    assert told()[1] == before[1]
    shop.promises.prices = PriceBook(
        [PriceRow(channel="", service="home", zone="", goods_from=0, price=790)]
    )
    assert told()[1][0]["customer_price"]["amount"] == 790
    closed = [
        changed(shop.database, code, {"state": "closed"}) for code in (FAR, NEAR, READY, "L003")
    ]
    shop.database.transact(lambda tx: save_locations(tx, TESTER, closed, now(), shop.new_id))
    assert wait_until(lambda: told() == [[], []], 10)
    short.close()


def test_the_short_way_is_closed_to_who_has_asked_too_much(
    api: Api,  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    query = f"{PAGE}&sku=COAT".partition("?")[2].encode()
    bearer = f"Bearer {api.token}".encode()
    once = express(shop.pages, shop.keys, Buckets(1e-9, PAGE_COST / 1e-9))

    assert once(query, bearer) is not None
    assert once(query, bearer) is None


def test_what_is_too_old_to_plan_on_is_a_careful_guess(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """Late rather than broken: no plan, no token, nothing for a counter, and it says so."""
    shop.promises.lag_seconds = lambda: 6.0
    answer = ask(services=["home", "express", "collect"])
    assert answer["stale"] is True
    assert all(each["token"] for each in answer["options"]), "a few seconds are told, no more"

    shop.promises.lag_seconds = lambda: 61.0
    answer = ask(services=["home", "express", "collect"])
    assert answer["stale"] is True
    assert [(each["service"], each["degraded"]) for each in answer["options"]] == [
        ("home", True),
        ("express", True),
    ]
    for option in answer["options"]:
        assert not {"token", "emissions_g", "cost"} & option.keys()
        assert (option["parcels"], option["badges"]) == ([], [])
        assert option["arrives"]["confidence"] is None
        assert option["lines"] == [{"sku": "COAT", "quantity": 1}, {"sku": "HAT", "quantity": 1}]
    latest = datetime.fromisoformat(answer["options"][0]["arrives"]["latest"])
    assert latest - now() > timedelta(days=9)
    page = api.get(f"{PAGE}&sku=COAT&sku=NO-SUCH").json()
    assert page["stale"] is True
    assert [[each["degraded"] for each in item["options"]] for item in page["items"]] == [
        [True, True],
        [],
    ]
    unsold = ask(lines=[{"sku": "NO-SUCH", "quantity": 1}])
    assert (unsold["options"], unsold["problems"][0]["code"]) == ([], "unknown_reference")

    shop.promises.lag_seconds = lambda: 0.0
    assert ask()["stale"] is False
    assert "degraded" not in api.get(f"{PAGE}&sku=COAT").text, "what was guessed is not remembered"


def test_where_the_way_is_not_known_a_careful_guess_says_so(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    shop.database.transact(
        lambda tx: (
            tx.execute("update zone_area set postal_from = '9', postal_to = '9'").rowcount
            and tx.execute("select 1")
            and None
        )
    )
    carrier = api.get("/v1/carriers/gls/fast")
    body = {k: v for k, v in carrier.json().items() if k != "version"} | {"sorts": 3}
    assert api.put("/v1/carriers/gls/fast", body).status_code == 200  # Read it all again.
    wait_until(lambda: shop.snapshot().delivery.zone_of("IT", "20123") is None, 10)

    (item,) = api.get(f"{PAGE}&sku=COAT&service=home").json()["items"]
    (option,) = item["options"]
    assert option["degraded"] is True
    assert option["arrives"]["confidence"] is None
    latest = datetime.fromisoformat(option["arrives"]["latest"])
    assert latest - now() > timedelta(days=9)
    (nowhere,) = api.get(f"{PAGE.replace('IT', 'GL')}&sku=COAT&service=home").json()["items"]
    assert nowhere["options"] == []
    (cart,) = ask()["options"]
    assert cart["degraded"] is True
    assert "token" not in cart


def test_what_was_learned_is_promised_with_its_confidence(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """The carrier says two days; of its parcels a tenth took four, so four are promised at 95 %."""
    before = badge(ask(), "fastest")["arrives"]
    assert before["confidence"] is None
    snapshot = shop.snapshot()
    (standard,) = [each for each in snapshot.delivery.services if each.service == "standard"]
    days = Days(np.array([0, 0, 0.88, 0.05, 0.07]), Level.COUNTRIES, 500)
    key = (standard.id, Level.COUNTRIES, "IT", "IT")
    shop.database.transact(lambda tx: teach(tx, TESTER, {key: days}, {}, now()))
    wait_until(lambda: badge(ask(), "fastest")["arrives"]["confidence"] == 0.9, 10)

    arrivals = [
        badge(ask(confidence=each), "fastest")["arrives"]["latest"] for each in (0.8, 0.9, 0.95)
    ]
    assert before["latest"] == arrivals[0] < arrivals[1] < arrivals[2]
    status, answer = order(api, badge(ask(confidence=0.8), "fastest")["token"], "anna")
    assert (status, answer["promise"]["deviation"]) == (201, None)


def test_a_promise_in_danger_is_told_once_and_revised(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """Nobody takes it: first at risk, then late, and the customer is told another date."""
    status, answer = order(api, badge(ask(), "fastest")["token"], "anna")
    assert status == 201
    assert answer["promise"]["standing"] == "on_track"
    order_id, story = parse_public_id("ord", answer["id"]), answer["links"]["journal"]

    def watch(at: datetime) -> None:
        """Two workers at once: the second one finds that it is told."""
        due = shop.database.read(lambda tx: watching.list_due(tx, at, 10))
        request = WatchRequest(order_ids=[order_id], snapshot=shop.snapshot())
        for _ in range(2):
            assert due in ((), (order_id,))
            shop.database.transact(lambda tx: watching.watch(tx, TESTER, request, at))

    def facts() -> list[dict[str, Any]]:
        found = api.get(story).json()["data"]
        return [each for each in found if each["kind"].startswith("promise.")]

    watch(now())
    (work,) = api.get(f"/v1/orders/{answer['id']}").json()["fulfillments"]
    known = work["milestones"]
    steps = [known[f"{each}_by"] for each in ("accept", "pick", "pack", "hand_over", "arrive")]
    assert steps == sorted(steps)
    assert steps[-1] == answer["promise"]["latest"]
    assert (known["next"], known["standing"]) == ("accept", "on_track")
    assert api.get(f"/v1/fulfillments/{work['id']}").json()["milestones"]["next"] == "accept"
    (listed,) = api.get(f"/v1/fulfillments?location={READY}").json()["data"]
    assert (listed["milestones"], facts()) == (known, [])
    hand_over_by = datetime.fromisoformat(known["hand_over_by"])

    watch(datetime.fromisoformat(known["accept_by"]))
    assert [each["kind"] for each in facts()] == ["promise.at_risk"]
    assert api.get("/v1/orders?standing=at_risk").json()["data"][0]["id"] == answer["id"]
    assert api.get("/v1/orders?standing=late").json()["data"] == []
    assert api.get("/v1/orders?standing=lost").status_code == 422

    watch(hand_over_by)
    watch(hand_over_by + timedelta(minutes=11))
    kinds = [each["kind"] for each in facts()]
    assert kinds == ["promise.at_risk", "promise.late", "promise.revised"]
    promise = api.get("/v1/orders?standing=late").json()["data"][0]["promise"]
    assert promise["latest"] == answer["promise"]["latest"] < promise["revised"]["latest"]
    body, shown = facts()[-1]["body"], [promise["latest"], promise["revised"]["latest"]]
    told = [datetime.fromisoformat(body[each]) for each in ("promised", "is")]
    assert told == [datetime.fromisoformat(each) for each in shown]


def test_a_promise_is_scored_once_it_is_due(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """Nobody picked it: late, on the store's side; told once, and counted."""
    status, answer = order(api, badge(ask(), "fastest")["token"], "anna")
    assert status == 201
    order_id = parse_public_id("ord", answer["id"])
    due = datetime.fromisoformat(answer["promise"]["latest"])

    def score(at: datetime) -> int:
        found = shop.database.read(lambda tx: scoring.list_due(tx, at, 10))
        return shop.database.transact(lambda tx: scoring.score(tx, TESTER, found, at))

    assert score(due) == 0
    assert score(due + timedelta(minutes=1)) == 1
    assert score(due + timedelta(minutes=2)) == 0
    facts = api.get(answer["links"]["journal"]).json()["data"]
    (fact,) = [each for each in facts if each["kind"] == "promise.scored"]
    assert fact["body"]["outcome"] == "late"
    assert fact["body"]["blame"] == "store"
    again = shop.database.transact(
        lambda tx: scoring.score(tx, TESTER, [order_id], due + timedelta(minutes=3))
    )
    assert again == 0

    for by in scoring.BY:
        (told,) = api.get(f"/v1/promise-scores?by={by}").json()["data"]
        assert (told["due"], told["late"], told["coverage"]) == (1, 1, 0)
    assert api.get("/v1/promise-scores?by=moon").status_code == 422
    assert api.get("/v1/promise-scores?days=0").status_code == 422
    view, network = shop.snapshot().delivery, shop.snapshot().network
    shop.database.transact(
        lambda tx: learning.learn(tx, TESTER, learning.Ground(view, network), now())
    )
    assert READY in network.by_code
    assert TO["country"] == "IT"


def state_of(services: Services, code: str) -> str:
    return services.snapshot().network.by_code[code].state


def test_what_changed_is_said_exactly(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """The fast place has one coat less, and then closes: was, is, why, and a sentence of it."""
    option = badge(ask(), "fastest")
    take_all(shop, READY)
    _, refused = order(api, option["token"], "anna")

    (change,) = refused["changes"]
    nearest = refused["options"][change["nearest"]]
    assert nearest["arrives"]["latest"] == min(
        each["arrives"]["latest"] for each in refused["options"]
    )
    told = {
        "arrives": (option["arrives"]["latest"], nearest["arrives"]["latest"]),
        "customer_price": (option["customer_price"], nearest["customer_price"]),
        "emissions_g": (option["emissions_g"], nearest["emissions_g"]),
        "cost": (option["cost"], nearest["cost"]),
        "locations": (places(option), places(nearest)),
    }
    for name, (was, is_now) in told.items():
        assert change[name] == {"was": was, "now": is_now}, name
    gone = {"cause": "units_gone", "location": READY, "wanted": 1, "available": 0}
    assert change["why"] == [gone | {"sku": sku} for sku in sorted(BOTH)]
    for language, words in {"en": "left of COAT", "it": "di COAT"}.items():
        assert words in change["sentences"][language]
        assert (
            f"{abs(nearest['emissions_g'] - option['emissions_g'])} g"
            in (change["sentences"][language])
        )

    closed = changed(shop.database, READY, {"state": "paused"})
    shop.database.transact(lambda tx: save_locations(tx, TESTER, [closed], now(), shop.new_id))
    wait_until(lambda: state_of(shop, READY) == "paused", 10)
    _, refused = order(api, option["token"], "anna-again")
    assert "location_closed" in {each["cause"] for each in refused["changes"][0]["why"]}
