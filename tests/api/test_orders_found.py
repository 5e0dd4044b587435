"""Programs find orders as people do: by any fragment of whatever somebody has of them."""

import unicodedata
from collections.abc import Iterator

import pytest
from tests.api.conftest import Api
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL

from ovunque.api.call import Services
from ovunque.api.paging import write_cursor
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

STOCK = {("L000", "COAT"): 30}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    """A process that begins when all of it is there, beside the shop's own."""
    with furnish(Settings(), shop.database, answer_in_loop) as furnished:
        yield furnished


def place(api: Api, nth: int, recipient: str) -> str:
    """An order for somebody else, by its id."""
    order = {
        "external_id": f"SHOP-{nth}",
        "channel": CHANNEL,
        "customer": {"email": f"buyer-{nth}@example.com", "name": "Ada Rossi"},
        "lines": [
            {"sku": "COAT", "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}}
        ],
        "delivery": {
            "service": "home",
            "address": {
                "street": "Via Dante 1",
                "postal_code": "20121",
                "city": "Milano",
                "country": "IT",
            },
            "recipient": {"name": recipient, "phone": "+39 02 123 45 67"},
        },
    }
    answer = api.post("/v1/orders", order, headers={"Idempotency-Key": f"order-{nth}"})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def test_an_order_is_found_by_any_fragment_of_it(api: Api, shop: Shop) -> None:
    first, second = place(api, 1, "Nicolò Groß"), place(api, 2, "Zoë Neri")

    def found(q: str, **more: str) -> list[str]:
        page = api.get("/v1/orders", params={"q": q, **more}).json()
        return [each["id"] for each in page["data"]]

    for q in ("hop-1", "buyer-1@", "nicolò", "NICOLÒ", "groß", "GROß"):
        assert found(q) == [first], q
    assert found(unicodedata.normalize("NFD", "nicolò")) == [first]
    for q in ("coat", "021234", "(02) 1234567", "ada ros"):
        assert found(q) == [second, first], q
    assert found("coat", channel=CHANNEL, status="open") == [second, first]
    assert (found("coat", status="canceled"), found("100%"), found("nobody")) == ([], [], [])
    gone = api.post(
        f"/v1/orders/{first}/cancellations",
        {"reason": "customer"},
        headers={"Idempotency-Key": "gone"},
    )
    assert gone.status_code == 201, gone.text
    assert found("coat", status="canceled") == [first]


def test_what_is_found_comes_page_by_page(api: Api, shop: Shop) -> None:
    ids = [place(api, nth, "Zoë Neri") for nth in range(3)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in ids:
        page = api.get("/v1/orders", params={"q": "zoë", "limit": "1", **cursor}).json()
        seen += [each["id"] for each in page["data"]]
        cursor = {"cursor": page["next_cursor"]}
    assert (seen, page["next_cursor"]) == (ids[::-1], None)


@pytest.mark.parametrize("q", ["", "  ", "x" * 101])
def test_nothing_is_no_fragment(api: Api, shop: Shop, q: str) -> None:
    answer = api.get("/v1/orders", params={"q": q})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query:q")


def test_a_cursor_of_something_else_is_none_of_ours(api: Api, shop: Shop) -> None:
    answer = api.get("/v1/orders", params={"cursor": write_cursor("cus_1")})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
