"""What customer service sees and does: found by any fragment, explained, changed."""

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.factories import TESTER
from tests.house.source import SRC, keeps, read, texts
from tests.web.conftest import Browser, NewPerson, place
from tests.web.living import new_key
from tests.web.wares import MILAN

from ovunque import sweeping
from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.insight.accounting import account
from ovunque.insight.finding import find_orders, patterns_of
from ovunque.insight.model import OrderFilter
from ovunque.kernel.ids import parse_public_id
from ovunque.network.listing import find_location
from ovunque.orders.keeping_back import EndHoldsRequest, end_holds
from ovunque.orders.model import OrderStatus
from ovunque.platform import clock
from ovunque.platform.database import Tx
from ovunque.promise.keeping import keep
from ovunque.promise.model import KeptPromise
from ovunque.stock.model import Key

STORY = SRC / "web/templates/care/fact.html"
TOLD_BY = {"orders", "fulfillment", "promise"}
KINDS = ("order.", "offer.", "fulfillment.", "parcel.", "promise.")
OF_NO_ORDER = {"promise.drifted"}


@pytest.fixture
def care(browser: Browser, new_person: NewPerson) -> Browser:
    """Somebody of customer service, signed in."""
    new_person("chiara")
    browser.sign_in("chiara")
    return browser


@pytest.mark.parametrize(
    "fragment",
    [
        "{number}",
        "ov-100",
        "web-2001",
        "2001",
        "matteo",
        "GALLI",
        "teo Gal",
        "matteo.galli@exam",
        "1001",
        "300 555",
        "+39300555",
        "JK-LIN",
        "lin-snd",
        "giacca in lino",
        "000000000015",
    ],
)
def test_an_order_is_found_by_any_fragment(
    care: Browser, offered: dict[str, Any], fragment: str
) -> None:
    asked = fragment.format(number=offered["number"])
    answer = care.get("/orders", params={"q": asked})
    assert answer.status_code == 200
    assert f'href="/orders/{offered["number"]}"' in care.text


@pytest.mark.parametrize("fragment", ["nobody", "%", "_", "OV-99999", "\\", "'; drop table"])
def test_what_nobody_has_finds_nothing(
    care: Browser, offered: dict[str, Any], fragment: str
) -> None:
    care.get("/orders", params={"q": fragment})
    assert "Nothing found" in care.text


def test_filters_narrow_and_pages_go_on(care: Browser, offered: dict[str, Any]) -> None:
    number = offered["number"]
    for query, is_there in (
        ("status=open", True),
        ("status=fulfilled", False),
        ("status=unserved", False),
        (f"location={MILAN}", True),
        ("location=RM-CORSO", False),
        ("channel=web-it", True),
        ("status=nonsense", True),
    ):
        care.get(f"/orders?{query}")
        assert (number in care.text) == is_there, query
    assert care.get("/orders?before=nonsense").status_code == 404
    care.get(f"/orders?before={offered['id']}")
    assert number not in care.text


def test_a_whole_number_opens_its_order(care: Browser, offered: dict[str, Any]) -> None:
    answer = care.get("/search", params={"q": offered["number"].lower()})
    assert answer.headers["location"] == f"/orders/{offered['number']}"
    care.get("/search", params={"q": "milano"})
    assert "Milano Duomo" in care.text


def in_status(tx: Tx, status: OrderStatus) -> list[OrderStatus]:
    found = find_orders(tx, OrderFilter(status=status), None, 10)
    return [each.order.status for each in found]


def test_every_status_can_be_asked_for(services: Services, offered: dict[str, Any]) -> None:
    """The list agrees with the order about its status."""
    for status in OrderStatus:
        found = services.database.read(partial(in_status, status=status))
        assert found == [status] * (status == OrderStatus.OPEN)
    assert patterns_of("+39 (300) 555") == ("%+39 (300) 555%", "%39300555%")
    assert patterns_of("50%_\\") == ("%50\\%\\_\\\\%",)
    assert patterns_of("  ") == ()


def test_a_number_adds_up(services: Services, care: Browser, offered: dict[str, Any]) -> None:
    def look(tx: Tx) -> None:
        found = account(tx, Key("JK-LIN-SND-M", find_location(tx, MILAN).id))
        assert found is not None
        assert found.baseline + sum(each.quantity for each in found.movements) == found.on_hand
        assert sum(found.asides.values()) == found.unavailable
        assert sum(each.quantity for each in found.claims) == found.reserved == 1
        assert [each.order_number for each in found.claims] == [offered["number"]]

    services.database.transact(look)
    care.get(f"/items/JK-LIN-SND-M?at={MILAN}")
    assert "Why this number" in care.text
    assert f'<a href="/orders/{offered["number"]}">' in care.text


def test_work_is_sent_elsewhere_and_an_order_canceled(
    services: Services, app: ASGIApp, new_person: NewPerson, care: Browser, offered: dict[str, Any]
) -> None:
    task = offered["fulfillments"][0]["id"]
    new_person("marta", Role.ASSOCIATE, MILAN)
    shop = Browser(app)
    shop.sign_in("marta")
    shop.get("/tasks")
    assert shop.post(f"/tasks/{task}/acceptance").status_code == 303

    care.get(f"/orders/{offered['number']}")
    assert care.post(f"/fulfillments/{task}/withdrawal").status_code == 303
    for each in sweeping.sweepers(services.snapshot, services.new_id):
        sweeping.sweep(services.database, each, clock.now())
    care.get(f"/orders/{offered['number']}")
    assert "Taken away from Milano Duomo: sent elsewhere" in care.text
    assert "Sourced again, without Milano Duomo" in care.text

    answer = care.post(f"/orders/{offered['number']}/cancellations", reason="customer")
    assert answer.status_code == 303
    care.get(f"/orders/{offered['number']}")
    assert "Canceled: the customer wants it" in care.text
    assert "/cancellations" not in care.text
    again = care.post(f"/orders/{offered['number']}/cancellations", reason="customer")
    assert again.status_code == 409
    shop.close()


def test_an_order_is_kept_back_and_released(
    services: Services, care: Browser, offered: dict[str, Any]
) -> None:
    page = f"/orders/{offered['number']}"
    care.get(page)
    assert "Keep back…" in care.text
    assert care.post(f"{page}/holds", reason="fraud").status_code == 303
    care.get(page)
    assert "Kept back: suspicion of fraud. It is looked at by" in care.text
    care.get("/orders")
    assert "Kept back" in care.text
    care.get(page)
    assert care.post(f"{page}/releases", reason="fraud").status_code == 303
    care.get(page)
    assert "Not kept back any more: suspicion of fraud" in care.text
    assert f'action="{page}/releases"' not in care.text
    assert care.post(f"{page}/releases", reason="fraud").status_code == 409

    later = {"reason": "payment", "minutes": "1440", "on_expiry": "cancel"}
    assert care.post(f"{page}/holds", **later).status_code == 303
    care.get(page)
    assert "canceled by itself" in care.text
    assert "released by itself" not in care.text
    database = services.database
    ask = EndHoldsRequest(order_ids=[parse_public_id("ord", offered["id"])], new_id=services.new_id)
    tomorrow = clock.now() + timedelta(days=1)
    assert database.transact(lambda tx: end_holds(tx, TESTER, ask, tomorrow)) == 1
    care.get(page)
    assert "The time to look is over: the payment" in care.text
    assert "Canceled: another reason" in care.text


def test_what_nobody_can_serve_is_said_instead_of_a_price_of_nothing(
    services: Services, app: ASGIApp, care: Browser
) -> None:
    only_there = place(app, services, [("GL-PEL-BLK", 1)])
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    program = Browser(app)
    answer = program.send(
        "POST",
        f"/v1/fulfillments/{only_there['fulfillments'][0]['id']}/rejection",
        json={"reason": "no_time"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 201, answer.text
    for each in sweeping.sweepers(services.snapshot, services.new_id):
        sweeping.sweep(services.database, each, clock.now())
    care.get(f"/orders/{only_there['number']}")
    assert "Nobody could serve it when it was decided" in care.text
    assert "€0.00" not in care.text
    assert "…," not in care.text, "what is hidden leaves no gap"
    program.close()


def test_a_promise_in_danger_is_seen_wherever_it_matters(
    services: Services, app: ASGIApp, new_person: NewPerson, care: Browser, offered: dict[str, Any]
) -> None:
    """In the lists, on the page of the order, then and now, and where the work is."""
    order_id, latest = parse_public_id("ord", offered["id"]), clock.now() + timedelta(hours=2)
    promise = KeptPromise(
        order_id=order_id,
        delivery=0,
        earliest=clock.now(),
        latest=latest,
        customer_price=0,
        emissions_g=0,
        deviation=None,
        service="home",
        destination="IT 10121",
    )
    services.database.transact(lambda tx: keep(tx, [promise]))
    for each in sweeping.sweepers(services.snapshot, services.new_id):
        sweeping.sweep(services.database, each, clock.now())

    number = offered["number"]
    for status, is_there in (("late", True), ("at_risk", False)):
        care.get(f"/orders?status={status}")
        assert (number in care.text) == is_there
    care.get(f"/orders/{number}")
    for said in ("Late", "Promised by", "now by", "The customer was told another date"):
        assert said in care.text, said
    assert not re.search(r">[^<]*[0-9]{2}:[0-9]{2}:[0-9]{2}", care.text), "nobody reads seconds"
    new_person("marta", Role.ASSOCIATE, MILAN)
    shop = Browser(app)
    shop.sign_in("marta")
    shop.get("/tasks")
    assert number in shop.text
    shop.close()


def test_every_fact_of_an_order_is_told_in_words() -> None:
    template = STORY.read_text(encoding="utf-8")
    told = {
        text
        for module in read(SRC)
        if module.room in TOLD_BY
        for _, text in texts(module)
        if text.startswith(KINDS)
        and text not in OF_NO_ORDER
        and text.replace(".", "").replace("_", "").isalpha()
    }
    assert len(told) > 10
    keeps([f"{kind} has no words" for kind in sorted(told) if f'"{kind}"' not in template])


def test_who_is_sought_stands_in_no_address(care: Browser, offered: dict[str, Any]) -> None:
    """Forms bring it, redirects hide it, and whoever finds the address elsewhere reads nothing."""
    care.get("/orders")
    for path in ("/search", "/orders"):
        seen = care.post(path, q="matteo.galli@EXAMPLE.com ").headers["location"]
        assert seen.startswith(f"{path}?")
        assert "matteo" not in seen.lower()
        found = care.get(seen)
        assert found.status_code == 200
        assert offered["number"] in care.text, "it is found by what nobody else can read"
        assert 'value="matteo.galli@EXAMPLE.com"' in care.text, "and stands in its field"
        links = re.findall(r'href="(/orders[^"]*)"', care.text)
        assert not [each for each in links if "matteo" in each.lower()]
    for broken in ("~", "~!", "~AAAA", seen.partition("q=")[2][:-4], "~" + "é" * 20):
        assert care.get("/orders", params={"q": broken}).status_code == 200, broken
