"""What has a code can have a name, told by programs; what does not exist has none."""

import pytest
from tests.api.conftest import Api
from tests.api.examples_carriers import ZONE

from ovunque.api.call import Services

ROWS = [{"kind": "zone", "code": f"z-{nth}", "name": None} for nth in range(3)]


@pytest.fixture
def zones(api: Api) -> Api:
    for row in ROWS:
        assert api.post("/v1/zones", ZONE | {"code": row["code"]}).status_code == 201
    return api


def test_a_name_is_given_changed_and_taken_back(zones: Api, services: Services) -> None:
    for name in ("North", "North", "The North", None):
        told = {"kind": "zone", "code": "z-1", "name": name}
        assert zones.put("/v1/names", told).json() == told
        listed = zones.get("/v1/names?kind=zone").json()["data"]
        assert listed == [ROWS[0], told, ROWS[2]]
    rows = services.database.read(
        lambda tx: tx.execute(
            "select body ->> 'name' from journal where kind = 'name.changed' order by position"
        ).fetchall()
    )
    named = [row[0] for row in rows]
    assert named == ["North", "The North", None], "the same again is no change"


def test_names_come_page_by_page(zones: Api) -> None:
    first = zones.get("/v1/names?limit=2").json()
    assert first["data"] == ROWS[:2]
    rest = zones.get(f"/v1/names?limit=2&cursor={first['next_cursor']}").json()
    assert (rest["data"], rest["next_cursor"]) == (ROWS[2:], None)
    assert zones.get("/v1/names?kind=carrier").json()["data"] == []


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"code": "nowhere"}, 404),
        ({"kind": "carrier"}, 404),
        ({"kind": "location"}, 422),
        ({"name": ""}, 422),
        ({"name": " "}, 422),
        ({"name": "a\nb"}, 422),
        ({"name": "x" * 81}, 422),
        ({"name": "\u202eNorth"}, 422),
    ],
)
def test_a_strange_name_is_refused(zones: Api, told: dict[str, str], status: int) -> None:
    usual = {"kind": "zone", "code": "z-0", "name": "North"}
    assert zones.put("/v1/names", usual | told).status_code == status
    assert zones.get("/v1/names").json()["data"][0] == ROWS[0]
