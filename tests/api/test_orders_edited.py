"""Edits of orders over HTTP: looked at, done once, by who has seen what stands."""

from collections.abc import Iterator

import pytest
from tests.api.conftest import Api
from tests.api.test_store_work import place
from tests.shops import Shop, open_shop

from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 5, ("L001", "HAT"): 5}) as opened:
        yield opened
    assert check_now(database) == ()


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    with furnish(Settings(), shop.database, answer_in_loop) as furnished:
        yield furnished


def test_an_edit_is_looked_at_and_done_once(api: Api) -> None:
    order = place(api, ("COAT", 3))
    path = f"/v1/orders/{order['id']}"
    seen = api.get(path).headers["etag"]
    line = {"kind": "quantity", "line": order["lines"][0]["id"], "quantity": 1}
    hat = {"kind": "new_line", "sku": "HAT", "quantity": 1}
    body = {"changes": [line, hat | {"unit_price": {"amount": 1000, "currency": "EUR"}}]}

    looked = api.post(f"{path}/edits?preview=true", body)
    told = looked.json()
    assert (looked.status_code, told["preview"], told["refusals"]) == (200, True, [])
    assert looked.headers["etag"] == seen
    assert told["money"]["difference"] == {"amount": 1000 - 2 * 4990, "currency": "EUR"}
    assert [(each["was"], each["quantity"]) for each in told["lines"]] == [(3, 1), (0, 1)]
    assert told["lines"][1]["id"] is None
    assert api.get(path).headers["etag"] == seen

    assert api.post(f"{path}/edits", body).json()["code"] == "idempotency_key_missing"
    named = {"Idempotency-Key": "edit", "If-Match": seen}
    first, second = (api.post(f"{path}/edits", body, headers=named) for _ in range(2))
    assert (first.status_code, first.content) == (201, second.content)
    assert second.headers["idempotent-replayed"] == "true"
    late = api.post(f"{path}/edits", body, headers=named | {"Idempotency-Key": "late"})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")

    back = api.post(f"{path}/edits/undo", {}, headers={"Idempotency-Key": "back"})
    assert back.status_code == 201, back.text
    assert [each["quantity"] for each in back.json()["lines"]] == [3, 0]


def test_what_is_in_the_way_names_its_change(api: Api) -> None:
    order = place(api, ("COAT", 1))
    path = f"/v1/orders/{order['id']}/edits"
    line = {"kind": "quantity", "line": order["lines"][0]["id"], "quantity": 9}
    told = api.post(f"{path}?preview=true", {"changes": [line]}).json()
    assert [each["pointer"] for each in told["refusals"]] == ["/changes/0"]
    assert told["version"] == int(api.get(f"/v1/orders/{order['id']}").headers["etag"].strip('"'))
    for change, pointer in (
        (line | {"quantity": -1}, "/changes/0/quantity"),
        ({"kind": "nonsense"}, "/changes/0"),
        ({"kind": "gift", "mesage": "Ciao"}, "/changes/0/mesage"),
    ):
        refused = api.post(path, {"changes": [change]}, headers={"Idempotency-Key": pointer})
        found = [each["pointer"] for each in refused.json()["errors"]]
        assert (refused.status_code, found) == (422, [pointer])
