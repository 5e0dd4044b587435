"""Levels of stock over the API: every component, and why units are not sold."""

from tests.api.conftest import Api
from tests.api.examples import ASIDE, COUNTS, NETWORK


def test_a_level_says_why_units_are_not_sold(api: Api) -> None:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    (before,) = api.get("/v1/stock/levels?location=MI-01").json()["data"]
    assert (before["unavailable"], before["unavailable_by"]) == (0, {})
    for reason, quantity in (("damaged", 1), ("display", 2)):
        aside = ASIDE | {"reason": reason, "quantity": quantity}
        assert api.post("/v1/stock/set-asides", aside).status_code == 201
    (level,) = api.get("/v1/stock/levels?sku=COAT/RED-M").json()["data"]
    assert level["unavailable_by"] == {"damaged": 1, "display": 2}
    assert level["unavailable"] == 3
    assert level["free"] == before["free"] - 3
