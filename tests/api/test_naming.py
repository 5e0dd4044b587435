"""Queries that name what nobody knows: an empty list would say that there is nothing of it."""

from collections.abc import Iterator

import pytest
from tests.api.conftest import Api
from tests.shops import Shop, open_shop

from ovunque.api.call import Services
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 3}) as opened:
        yield opened


@pytest.fixture
def services(shop: Shop) -> Services:
    return shop.services


@pytest.mark.parametrize("what", ["levels", "incoming", "journal"])
def test_who_asks_for_an_unknown_item_or_place_is_told_which_part_is_wrong(
    api: Api, what: str
) -> None:
    address = f"/v1/stock/{what}"
    assert api.get(f"{address}?sku=COAT&location=L001").status_code == 200
    for query, pointer in (
        ("sku=COAT&location=L999", "query:location"),
        ("sku=COTA&location=L001", "query:sku"),
    ):
        refused = api.get(f"{address}?{query}")
        told = refused.json()
        assert (refused.status_code, told["code"]) == (404, "not_found")
        assert [each["pointer"] for each in told["errors"]] == [pointer]
