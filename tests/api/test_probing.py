"""A probe goes the way of an order from outside, and says where it ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import Api
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build

from ovunque.api.call import Services
from ovunque.cli.probing import Front, Probed, Wanted, go, judge, write
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.clock import now
from ovunque.platform.database import Database

WANTED = Wanted(sku="HAT", channel=CHANNEL, country="IT", postal_code="20121")


class Through:
    """The API as a probe reaches it; some answers may be lost on the way back."""

    def __init__(self, api: Api, lost: str = "") -> None:
        self.api = api
        self.lost = lost

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.api.send(method, path, json=body, headers=headers)
        return (0, {}) if method == self.lost else (answer.status_code, answer.json())


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[None]:
    stock = {("L000", "HAT"): 1}
    build(database, World(locations=1, skus=["HAT"], stock=stock), TESTER, new_id, now())
    yield
    assert check_now(database) == ()


def test_a_probe_places_reads_and_cancels(shop: None, api: Api, services: Services) -> None:
    for nth in range(2):  # Of the last unit: what a probe took is free again.
        found = go(Through(api), WANTED, f"probe-{nth}")
        assert found.wrong == ""
        assert list(found.seconds) == ["place", "read", "cancel"]
    assert {each["status"] for each in api.get("/v1/orders").json()["data"]} == {"canceled"}


def test_a_probe_says_what_went_wrong_and_cancels_all_the_same(shop: None, api: Api) -> None:
    assert go(Through(api, lost="GET"), WANTED, "probe-1").wrong.startswith("read: no answer")
    assert api.get("/v1/orders").json()["data"][0]["status"] == "canceled"

    unknown = Wanted(sku="CAP", channel=CHANNEL, country="IT", postal_code="20121")
    assert go(Through(api), unknown, "probe-2").wrong == "place: invalid"
    assert go(Front("http://127.0.0.1:9", "key"), WANTED, "probe-3").wrong == "place: no answer"
    assert judge(Probed(seconds={"place": 2.0}), within=1.0).wrong == "took 2.000 s"


def test_figures_of_a_probe_are_for_prometheus(tmp_path: Path) -> None:
    file = tmp_path / "probe.prom"
    write(file, Probed(seconds={"place": 0.25}, wrong="read: busy"))
    told = file.read_text().splitlines()
    assert "ovunque_probe_ok 0" in told
    assert 'ovunque_probe_seconds{step="place"} 0.250000' in told
    assert [each.name for each in tmp_path.iterdir()] == ["probe.prom"]
