"""People over the API: entered and invited, found again, let go, by keys that may do as much."""

import pytest
from tests.api.conftest import Api, NewKey
from tests.api.examples import KEY, LOCATION, NETWORK, Json
from tests.api.examples_of_people import USER

from ovunque.access.hashing import conceal
from ovunque.access.inviting import WelcomeRequest, find_invited, welcome
from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.kernel.refusal import Refusal
from ovunque.platform.clock import new_secret, now

CARE: Json = {"login": "chiara", "name": "Chiara Neri", "role": "care"}


@pytest.fixture
def house(api: Api) -> Api:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/locations", LOCATION | {"code": "MI-02"}).status_code == 201
    return api


def logins(api: Api, query: str = "") -> list[str]:
    return [each["login"] for each in api.get(f"/v1/users{query}").json()["data"]]


def test_who_is_entered_chooses_a_password_by_the_link(house: Api, services: Services) -> None:
    key = {"Idempotency-Key": "hired"}
    entered = house.post("/v1/users", USER | {"locations": ["MI-02"]}, headers=key)
    assert entered.status_code == 201, entered.text
    shown = entered.json()
    link = shown.pop("welcome")
    assert shown["locations"] == ["MI-01", "MI-02"]
    assert house.get("/v1/users/nadia").json() == shown
    again = house.post("/v1/users", USER | {"locations": ["MI-02"]}, headers=key)
    assert again.json() == shown | {"welcome": None}, "a link is told once"

    token = link.removeprefix("/welcome/")
    request = WelcomeRequest(token=token, secret=conceal("tre gatti neri", new_secret().encode()))
    person = services.database.transact(lambda tx: welcome(tx, request, now()))
    assert (person.login, person.role) == ("nadia", Role.AREA_MANAGER)

    newer = house.post("/v1/users/nadia/invitations", {}).json()["welcome"]
    assert newer != link
    invited = services.database.read(
        lambda tx: find_invited(tx, newer.removeprefix("/welcome/"), now())
    )
    assert invited.login == "nadia"


def test_people_are_listed_and_let_go(house: Api) -> None:
    for body in (USER, CARE, CARE | {"login": "bruno"}):
        assert house.post("/v1/users", body).status_code == 201
    assert logins(house) == ["bruno", "chiara", "nadia"]
    assert logins(house, "?role=care") == ["bruno", "chiara"]
    assert logins(house, "?location=MI-01") == ["nadia"]
    gone = house.post("/v1/users/bruno/deactivation", {}).json()
    assert gone["disabled_at"] is not None
    assert logins(house, "?left=true") == ["bruno"]
    assert logins(house, "?left=false&role=care") == ["chiara"]
    page = house.get("/v1/users?limit=2").json()
    assert [each["login"] for each in page["data"]] == ["bruno", "chiara"]
    assert logins(house, f"?limit=2&cursor={page['next_cursor']}") == ["nadia"]
    assert house.post("/v1/users/bruno/invitations", {}).json()["code"] == "not_found"
    assert house.post("/v1/users/nadia/sign-outs", {}).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"location": "nowhere"}, "/location"),
        ({"location": None}, "/location"),
        ({"locations": ["MI-01", "nowhere"]}, "/locations/1"),
        ({"login": "Nadia"}, "/login"),
        ({"role": "owner"}, "/role"),
    ],
)
def test_what_is_wrong_with_somebody_is_told(house: Api, change: Json, pointer: str) -> None:
    answer = house.post("/v1/users", USER | change)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert logins(house) == []


def test_a_login_is_one_persons(house: Api) -> None:
    assert house.post("/v1/users", CARE).status_code == 201
    assert house.post("/v1/users", CARE | {"name": "Carla"}).json()["code"] == "already_exists"
    assert house.get("/v1/users/nobody").status_code == 404


def test_nobody_lets_in_who_may_do_more(house: Api, new_key: NewKey) -> None:
    """Else a key for the settings would make itself a person who reads the customers."""
    admin = {"login": "ada", "name": "Ada Admin", "role": "admin"}
    for body in (CARE, admin):
        assert house.post("/v1/users", body).status_code == 201
    house.token = new_key("config", "fulfillment")
    partner = USER | {"login": "paolo", "role": "partner"}
    assert house.post("/v1/users", partner).status_code == 201
    for body in (CARE, admin, USER):
        assert house.post("/v1/users", body | {"login": "mallory"}).status_code == 403
    for login in ("chiara", "ada"):
        assert house.post(f"/v1/users/{login}/invitations", {}).status_code == 403
    assert house.post("/v1/users/paolo/invitations", {}).status_code == 201


def test_a_link_that_was_followed_by_another_opens_nothing(house: Api, services: Services) -> None:
    old, new = (
        house.post(path, body).json()["welcome"].removeprefix("/welcome/")
        for path, body in (("/v1/users", CARE), ("/v1/users/chiara/invitations", {}))
    )
    with pytest.raises(Refusal, match="invitation_over"):
        services.database.read(lambda tx: find_invited(tx, old, now()))
    assert services.database.read(lambda tx: find_invited(tx, new, now())).login == "chiara"


def test_a_bound_key_lets_nobody_in_who_comes_from_everywhere(house: Api) -> None:
    """A person opens with a password what the key opens from its networks, and until its end."""
    assert house.post("/v1/users", CARE).status_code == 201
    admin = {"login": "ada", "name": "Ada Riva", "role": "admin"}
    bounds: list[tuple[Json, list[tuple[str, Json]]]] = [
        (
            {"addresses": ["127.0.0.0/8"]},
            [("users", CARE | {"login": "bruno"}), ("users/chiara/invitations", {})],
        ),
        ({"expires_at": "2040-01-01T00:00:00Z"}, [("users", admin)]),
    ]
    whole = house.token
    for bound, asked in bounds:
        house.token = whole
        house.token = house.post("/v1/keys", KEY | {"scopes": ["all"]} | bound).json()["key"]
        for path, body in asked:
            refused = house.post(f"/v1/{path}", body)
            assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own"), path
    assert house.post("/v1/users", CARE | {"login": "bruno"}).status_code == 201
    house.token = whole
    assert house.post("/v1/users", admin).status_code == 201
