"""An order by its link: what its customer may see, and nobody else can guess."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pydantic import ValidationError
from tests.api.conftest import Api
from tests.api.test_store_work import HOME, Json, buy_labels, done, place, sweep, work_of
from tests.factories import TESTER
from tests.shops import Shop, open_shop

from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.kernel.public_holidays import is_holiday
from ovunque.orders import forgetting
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.model import CancelReason
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings
from ovunque.platform.vault import add_key, house_vault

LINK = "https://gls.example/track?code={tracking}&lang=it"
SECRETS = ("Rossi", "ada@", "Via Dante", "cus_", "ord_")


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 5}) as opened:
        yield opened


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    settings = Settings(tracking_links={"gls": LINK}, key_units_per_second=200_000)
    with furnish(settings, shop.database, answer_in_loop) as furnished:
        yield furnished


def follow(api: Api, order: Json) -> Json:
    """As somebody without a key sees it."""
    answer = api.send("GET", order["links"]["tracking"], headers={"Authorization": ""})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert [each for each in SECRETS if each in answer.text] == []
    told: Json = answer.json()
    return told


def test_a_customer_follows_an_order_without_a_key(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 2), delivery=HOME)
    told = follow(api, order)
    assert (told["number"], told["first_name"], told["status"]) == (order["number"], "Ada", "open")
    (sent,) = told["deliveries"]
    assert (sent["progress"], sent["units"], sent["place"]) == ("received", 2, None)
    assert sent["expected_at"] == order["fulfillments"][0]["arrives_at"]
    sweep(shop)
    done(api, work_of(api, order), "acceptance")
    assert follow(api, order)["deliveries"][0]["progress"] == "in_preparation"
    done(api, work_of(api, order), "picks", {"barcode": "COAT", "quantity": 2})
    done(api, work_of(api, order), "parcels", {"weight_g": 900})
    (parcel,) = follow(api, order)["deliveries"][0]["parcels"]
    assert (parcel["tracking"], parcel["link"]) == (None, None)
    buy_labels(shop)
    (parcel,) = follow(api, order)["deliveries"][0]["parcels"]
    assert parcel["link"] == LINK.replace("{tracking}", parcel["tracking"])
    assert (parcel["state"], parcel["carrier"]) == ("labeled", "standard")


def test_where_goods_are_fetched_is_told_with_its_hours(api: Api, shop: Shop) -> None:
    hours = {"location": "L001"} | {
        day: ["09:00-13:00", "14:00-19:00"]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    }
    order = place(api, ("COAT", 1), delivery={"service": "collect", "location": "L001"})
    (fetched,) = follow(api, order)["deliveries"]
    assert (fetched["place"]["hours"], fetched["collect_by"]) == (None, None)
    assert api.post("/v1/opening-hours", hours).status_code == 201
    sweep(shop)
    done(api, work_of(api, order), "acceptance")
    done(api, work_of(api, order), "picks", {"barcode": "COAT", "quantity": 1})
    (fetched,) = follow(api, order)["deliveries"]
    assert fetched["progress"] == "ready_to_collect"
    assert fetched["collect_by"] is not None
    days = fetched["place"]["hours"]
    assert [len(each["spans"]) for each in days] == [
        0 if is_holiday("IT", date.fromisoformat(each["day"])) else 2 for each in days
    ]
    assert len(days) == 7
    kept = api.get(f"/v1/orders/{order['id']}").json()["fulfillments"][0]
    assert kept["pickup_code"] not in str(fetched), "the code is told apart"


def test_nobody_guesses_a_link_and_it_ends_with_an_erasure(api: Api, shop: Shop) -> None:
    order, other = place(api, ("COAT", 1)), place(api, ("COAT", 1))
    path = order["links"]["tracking"]
    assert path != other["links"]["tracking"]
    assert api.get(f"/v1/orders/{order['id']}").json()["links"]["tracking"] == path
    base, _, token = path.rpartition("/")
    sealed = bytearray(urlsafe_b64decode(token + "=="))
    for nth in (0, 1, 5, 20, len(sealed) - 1):
        odd = bytearray(sealed)
        odd[nth] ^= 1
        made_up = urlsafe_b64encode(odd).decode().rstrip("=")
        assert api.get(f"{base}/{made_up}").status_code == 404
    for odd_one in ("", "x", token[:-1], f"{token}A", order["id"], "%00" * 46, "." * 46):
        assert api.get(f"{base}/{odd_one}").status_code == 404

    for each in (order, other):
        request = CancelRequest(
            order_id=parse_public_id("ord", each["id"]),
            reason=CancelReason.CUSTOMER,
            pickup_code="123456",
            new_id=shop.services.new_id,
        )
        shop.database.transact(lambda tx, asked=request: cancel(tx, TESTER, asked, now()))  # type: ignore[misc]
    assert follow(api, order)["deliveries"][0]["progress"] == "canceled"
    who = parse_public_id("cus", order["customer"])
    later = now() + timedelta(days=400)
    assert shop.database.transact(lambda tx: forgetting.erase(tx, TESTER, who, later))
    assert api.get(path).status_code == 404


def test_a_link_outlives_another_key(api: Api) -> None:
    order = place(api, ("COAT", 1))
    file = house_vault()._file
    before = file.read_text()
    try:
        add_key(file)
        house_vault().load()
        assert follow(api, order)["number"] == order["number"]
    finally:
        file.write_text(before)
        house_vault().load()


def test_who_tries_one_link_after_another_has_to_wait(api: Api, services: Services) -> None:
    services.buckets._second_per_unit = 1.0
    odd = f"/v1/tracking/{'A' * 46}"
    told = [api.send("GET", odd, headers={"Authorization": ""}).status_code for _ in range(3)]
    assert told[-1] == 429


@pytest.mark.parametrize(
    "odd", ["http://gls.example/{tracking}", "https://gls.example/", "https://x/{tracking}{a}"]
)
def test_a_link_of_a_carrier_has_a_place_for_the_number(odd: str) -> None:
    with pytest.raises(ValidationError):
        Settings(tracking_links={"gls": odd})
