"""What people edit over the API: listed, read, made once, replaced by who has seen it."""

from dataclasses import dataclass

import pytest
from tests.api.conftest import Api, NewKey
from tests.api.examples import (
    CHANNEL,
    CLOSURE,
    COUNTS,
    ENTITY,
    GROUP,
    HOURS,
    ITEM,
    LOCATION,
    NETWORK,
    Json,
)
from tests.api.examples_carriers import CARRIER, LANE, ZONE

from ovunque.access.model import Scope
from ovunque.platform import following


@dataclass(frozen=True)
class Kind:
    """A kind of thing: where it lives, an example, and what may be changed of it."""

    path: str
    example: Json
    keys: tuple[str, ...]
    change: Json
    other: str = "another"  # What its last key may be as well.

    @property
    def address(self) -> str:
        return "/".join((self.path, *(str(self.example[key]) for key in self.keys)))


KINDS = {
    "legal entities": Kind("/v1/legal-entities", ENTITY, ("code",), {"name": "Acme"}),
    "location groups": Kind("/v1/location-groups", GROUP, ("code",), {"name": "Web"}),
    "locations": Kind("/v1/locations", LOCATION, ("code",), {"state": "paused"}),
    "opening hours": Kind("/v1/opening-hours", HOURS, ("location",), {"monday": ["09:00-12:00"]}),
    "closures": Kind(
        "/v1/closures", CLOSURE, ("location", "day"), {"hours": []}, other="2026-12-09"
    ),
    "channels": Kind("/v1/channels", CHANNEL, ("code",), {"languages": ["en", "it"]}),
    "items": Kind("/v1/items", ITEM, ("sku",), {"price_cents": 9900}),
    "carriers": Kind("/v1/carriers", CARRIER, ("carrier", "service"), {"cutoff": "12:00"}),
    "zones": Kind("/v1/zones", ZONE, ("code",), {"areas": [{**ZONE["areas"][0], "country": "DE"}]}),
    "lanes": Kind(
        "/v1/lanes", LANE, ("carrier", "service", "from_zone", "to_zone"), {"transit_days": 3}
    ),
}
BEFORE = {  # What has to be there first.
    "locations": ("legal entities",),
    "opening hours": ("legal entities", "locations"),
    "closures": ("legal entities", "locations"),
    "channels": ("legal entities", "location groups"),
    "lanes": ("carriers", "zones"),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, api: Api) -> Kind:
    for name in BEFORE.get(request.param, ()):
        assert api.post(KINDS[name].path, KINDS[name].example).status_code == 201
    return KINDS[request.param]


def test_a_thing_is_made_once_and_reads_as_it_was_told(api: Api, kind: Kind) -> None:
    made = api.post(kind.path, kind.example)
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'

    read = api.get(kind.address)
    assert read.status_code == 200
    assert read.headers["ETag"] == '"1"'
    assert read.json() == made.json()
    assert {name: read.json()[name] for name in kind.example} == kind.example

    again = api.post(kind.path, kind.example)
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert api.get(kind.path).json() == {"data": [read.json()], "next_cursor": None}


def test_what_somebody_else_changed_is_not_overwritten(api: Api, kind: Kind) -> None:
    changed = kind.example | kind.change
    assert api.put(kind.address, kind.example).headers["ETag"] == '"1"', "PUT makes it, too"
    assert api.put(kind.address, kind.example).headers["ETag"] == '"1"', "nothing changed"

    mine = api.put(kind.address, changed, headers={"If-Match": '"1"'})
    assert (mine.status_code, mine.headers["ETag"]) == (200, '"2"')
    yours = api.put(kind.address, kind.example, headers={"If-Match": '"1"'})
    assert (yours.status_code, yours.json()["code"]) == (412, "version_conflict")
    odd = api.put(kind.address, kind.example, headers={"If-Match": "3"})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "header:if-match")
    anyhow = api.put(kind.address, kind.example, headers={"If-Match": "*"})
    assert (anyhow.status_code, anyhow.headers["ETag"]) == (200, '"3"')


def test_an_address_and_its_body_name_the_same_thing(api: Api, kind: Kind) -> None:
    other = kind.example | {kind.keys[-1]: kind.other}
    refused = api.put(kind.address, other)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "contradiction")


def test_a_stranger_is_not_found(api: Api, kind: Kind) -> None:
    assert api.get(kind.address).json()["code"] == "not_found"
    assert api.get(kind.address + "%00").status_code == 404
    assert api.get(kind.path + "/" + "x" * 5_000).status_code in (404, 422)


def test_a_key_makes_a_thing_once(api: Api, kind: Kind) -> None:
    key = {"Idempotency-Key": "first"}
    made = api.post(kind.path, kind.example, headers=key)
    replayed = api.post(kind.path, kind.example, headers=key)
    assert replayed.content == made.content
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.headers["ETag"] == made.headers["ETag"]
    other = api.post(kind.path, kind.example | kind.change, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_day_unlike_the_others_is_taken_back(api: Api) -> None:
    for name in BEFORE["closures"]:
        assert api.post(KINDS[name].path, KINDS[name].example).status_code == 201
    told = KINDS["closures"]
    assert api.post(told.path, told.example).status_code == 201
    assert api.send("DELETE", told.address).status_code == 204
    assert api.get(told.path).json()["data"] == []
    assert api.send("DELETE", told.address).json()["code"] == "not_found"


def test_what_was_made_is_known_to_the_next_request(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However seldom this process looks at what all processes have written."""
    monkeypatch.setattr(following, "PACE_SECONDS", 0.1)
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200


def test_pages_follow_each_other_without_a_gap(api: Api) -> None:
    names = [f"IT-{nth}" for nth in range(5)]
    for name in reversed(names):
        assert api.put(f"/v1/zones/{name}", ZONE | {"code": name}).status_code == 200

    seen, params = [], {"limit": "2"}
    while True:
        page = api.get("/v1/zones", params=params).json()
        seen += [each["code"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == names


@pytest.mark.parametrize("cursor", ["", "x", "!!", "AAAA", "w6k", "x" * 500, "%00", "4pyT"])
def test_a_cursor_that_is_none_of_ours_is_refused_or_ends_somewhere(api: Api, cursor: str) -> None:
    for path in ("/v1/zones", "/v1/lanes", "/v1/customers", "/v1/keys"):
        answer = api.get(path, params={"cursor": cursor})
        assert answer.status_code == 200 or answer.json()["code"] == "cursor_invalid"


def test_locations_are_found_by_what_they_are(api: Api) -> None:
    api.post("/v1/legal-entities", ENTITY)
    for code, change in {"A": {}, "B": {"kind": "warehouse"}, "C": {"state": "closed"}}.items():
        assert api.post("/v1/locations", LOCATION | {"code": code} | change).status_code == 201

    def codes(**filters: str) -> list[str]:
        return [each["code"] for each in api.get("/v1/locations", params=filters).json()["data"]]

    assert codes(kind="store") == ["A", "C"]
    assert codes(kind="store", state="open") == ["A"]
    assert codes(country="DE") == []
    assert codes(group="stores") == ["A", "B", "C"]
    assert api.get("/v1/locations", params={"kind": "shop"}).status_code == 422


def test_items_are_found_by_any_fragment(api: Api) -> None:
    api.post("/v1/items", ITEM)
    for q in ("coat/r", "CAPPO", "0638133"):
        assert len(api.get("/v1/items", params={"q": q}).json()["data"]) == 1
    assert api.get("/v1/items", params={"q": "shoe"}).json()["data"] == []


def test_faults_of_a_room_point_into_the_body(api: Api) -> None:
    api.post("/v1/legal-entities", ENTITY)
    odd = LOCATION | {"time_zone": "Europe/Padova", "legal_entity": "nobody"}
    faults = api.post("/v1/locations", odd).json()["errors"]
    assert {each["pointer"] for each in faults} == {"/time_zone", "/legal_entity"}


def test_customers_are_for_keys_that_may_see_them(api: Api, new_key: NewKey) -> None:
    ada: Json = {"external_id": "C-1", "email": "Ada@Example.com", "name": "Ada Rossi"}
    made = api.post("/v1/customers", ada)
    assert made.status_code == 201, made.text
    address = f"/v1/customers/{made.json()['id']}"
    assert made.json()["id"].startswith("cus_")
    assert api.post("/v1/customers", ada).json()["code"] == "already_exists"

    renamed = api.put(address, ada | {"name": "Ada Bianchi"}, headers={"If-Match": '"1"'})
    assert (renamed.status_code, renamed.json()["version"]) == (200, 2)
    stranger = {"email": "eve@example.com", "name": "Eve"}
    assert api.put(address, stranger).json()["errors"][0]["code"] == "contradiction"
    assert len(api.get("/v1/customers").json()["data"]) == 1
    assert len(api.post("/v1/customers/searches", {"q": "bianc"}).json()["data"]) == 1

    api.token = new_key(Scope.READ, Scope.CONFIG)
    assert api.get(address).json()["code"] == "forbidden"
    assert "Ada" not in api.get(address).text
