"""Keys over the API: bound to networks, and followed by another without a gap."""

from datetime import datetime, timedelta

from tests.api.conftest import Api, NewKey
from tests.api.examples import KEY

from ovunque.access.model import Scope


def opens(api: Api, token: str) -> bool:
    return api.get("/v1/items", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_rotated_key_and_its_successor_both_open_for_a_day(api: Api) -> None:
    old = api.post("/v1/keys", KEY).json()
    headers = {"Idempotency-Key": "rotated"}
    made = api.post(f"/v1/keys/{old['id']}/rotations", {}, headers=headers)
    assert made.status_code == 201, made.text
    new = made.json()
    assert new["id"] != old["id"]
    assert (new["client"], new["scopes"]) == (old["client"], old["scopes"])
    assert opens(api, old["key"])
    assert opens(api, new["key"])
    listed = {each["id"]: each for each in api.get("/v1/keys").json()["data"]}
    ends, began = (
        datetime.fromisoformat(each)
        for each in (listed[old["id"]]["expires_at"], new["created_at"])
    )
    assert ends - began == timedelta(days=1)
    again = api.post(f"/v1/keys/{old['id']}/rotations", {}, headers=headers)
    assert again.json() == new | {"key": None}, "it is told once"
    assert api.post(f"/v1/keys/{old['id']}/revocations").status_code == 201
    assert api.post(f"/v1/keys/{old['id']}/rotations", {}).status_code == 404


def test_nobody_rotates_a_key_that_may_do_more(api: Api, new_key: NewKey) -> None:
    old = api.post("/v1/keys", KEY | {"scopes": ["read", "customers"]}).json()
    api.token = new_key(Scope.CONFIG, Scope.READ)
    refused = api.post(f"/v1/keys/{old['id']}/rotations", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_key_is_bound_to_its_networks(api: Api) -> None:
    bound = api.post("/v1/keys", KEY | {"addresses": ["203.0.113.0/24"]}).json()
    assert bound["addresses"] == ["203.0.113.0/24"]
    assert not opens(api, bound["key"])
    near = api.post("/v1/keys", KEY | {"addresses": ["0.0.0.0/0", "::/0"]}).json()
    assert opens(api, near["key"])
    odd = api.post("/v1/keys", KEY | {"addresses": ["10.0.0.0/8", "nowhere"]})
    assert odd.status_code == 422
    assert [each["pointer"] for each in odd.json()["errors"]] == ["/addresses/1"]


HERE = "127.0.0.0/8"


def test_a_bound_key_gives_none_that_opens_elsewhere(api: Api) -> None:
    unbound, whole = api.post("/v1/keys", KEY).json(), api.token
    bound = {"scopes": ["all"], "addresses": ["127.0.0.0/9", "127.128.0.0/9", "2001:db8::/32"]}
    api.token = api.post("/v1/keys", KEY | bound).json()["key"]
    for wider in ([], ["0.0.0.0/0"], ["126.0.0.0/7"], ["127.0.0.1", "::1"]):
        refused = api.post("/v1/keys", KEY | {"addresses": wider})
        assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own"), wider
    refused = api.post(f"/v1/keys/{unbound['id']}/rotations", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own")
    for narrow in ([HERE], ["127.0.0.1"], ["2001:db8:7::/48"]):
        made = api.post("/v1/keys", KEY | {"addresses": narrow})
        assert made.status_code == 201, made.text
    rotated = api.post(f"/v1/keys/{made.json()['id']}/rotations", {}).json()
    assert rotated["addresses"] == ["2001:db8:7::/48"], "the successor is bound as well"
    api.token = whole
    assert api.post("/v1/keys", KEY).status_code == 201


def test_a_key_that_ends_gives_none_that_outlasts_it(api: Api) -> None:
    endless = api.post("/v1/keys", KEY).json()
    ends = {"scopes": ["all"], "expires_at": "2040-01-01T00:00:00Z"}
    api.token = api.post("/v1/keys", KEY | ends).json()["key"]
    for later in (None, "2040-01-01T00:00:01Z"):
        refused = api.post("/v1/keys", KEY | {"expires_at": later})
        assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own"), later
    refused = api.post(f"/v1/keys/{endless['id']}/rotations", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own")
    assert api.post("/v1/keys", KEY | ends).status_code == 201


def test_a_short_token_gives_no_more_than_its_key(api: Api) -> None:
    made = api.post("/v1/keys", KEY | {"scopes": ["all"], "addresses": [HERE]}).json()
    form = {"grant_type": "client_credentials", "client_id": made["id"]}
    form["client_secret"] = made["key"]
    api.token = None
    api.token = api.send("POST", "/oauth/token", data=form).json()["access_token"]
    refused = api.post("/v1/keys", KEY)
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own")
