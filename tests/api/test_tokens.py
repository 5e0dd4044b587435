"""A key becomes a short token; what nobody issued, or too long ago, opens nothing."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from tests.api.conftest import Api, NewKey
from tests.factories import TESTER

from ovunque.access import store
from ovunque.access.issuing import LIFETIME, rotate_secret
from ovunque.access.keeping import revoke_key
from ovunque.access.model import Scope
from ovunque.api.call import Services
from ovunque.kernel.ids import public_id
from ovunque.platform.clock import new_seed, now

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}


@pytest.fixture
def key(shared_key: NewKey) -> str:
    return shared_key(Scope.READ, Scope.CUSTOMERS)


def id_of(services: Services, key: str) -> str:
    found = services.keys.id_of(key)
    assert found is not None
    return public_id("key", found)


def ask(api: Api, body: str, **headers: str) -> Any:
    return api.send("POST", "/oauth/token", content=body, headers=FORM | headers)


def issued(api: Api, services: Services, key: str, scope: str = "") -> str:
    body = f"grant_type=client_credentials&client_id={id_of(services, key)}&client_secret={key}"
    answer = ask(api, f"{body}&scope={scope}")
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def opens(api: Api, token: str, path: str = "/v1/customers") -> int:
    return api.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_key_becomes_a_token_for_a_quarter_of_an_hour(
    shared_api: Api, shared_services: Services, key: str
) -> None:
    basic = b64encode(f"{id_of(shared_services, key)}:{key}".encode()).decode()
    answer = ask(shared_api, "grant_type=client_credentials", Authorization=f"Basic {basic}")
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 900)
    assert told["scope"] == "customers read"
    assert answer.headers["cache-control"] == "no-store"
    assert key not in answer.text
    assert opens(shared_api, told["access_token"]) == 200
    assert opens(shared_api, told["access_token"], "/v1/keys") == 403

    narrow = issued(shared_api, shared_services, key, "read")
    assert opens(shared_api, narrow) == 403
    assert opens(shared_api, narrow, "/v1/items") == 200


@pytest.mark.parametrize(
    ("body", "error", "status"),
    [
        ("grant_type=client_credentials", "invalid_client", 401),
        ("grant_type=client_credentials&client_id={id}&client_secret=wrong", "invalid_client", 401),
        (
            "grant_type=client_credentials&client_id=key_x&client_secret={key}",
            "invalid_client",
            401,
        ),
        ("grant_type=password&client_id={id}&client_secret={key}", "unsupported_grant_type", 400),
        ("client_id={id}&client_secret={key}", "unsupported_grant_type", 400),
        (
            "grant_type=client_credentials&client_id={id}&client_secret={key}&scope=orders",
            "invalid_scope",
            400,
        ),
        (
            "grant_type=client_credentials&client_id={id}&client_secret={key}&scope=everything",
            "invalid_scope",
            400,
        ),
        ("grant_type=client_credentials&grant_type=x", "invalid_request", 400),
        ("&".join(f"a{nth}=1" for nth in range(20)), "invalid_request", 400),
        ("%ff%fe=%00", "unsupported_grant_type", 400),
    ],
)
def test_every_no_is_one_that_programs_know(
    shared_api: Api, shared_services: Services, key: str, body: str, error: str, status: int
) -> None:
    filled = body.replace("{id}", id_of(shared_services, key)).replace("{key}", key)
    answer = ask(shared_api, filled)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_json_is_no_form_and_two_ways_at_once_are_none(
    shared_api: Api, shared_services: Services, key: str
) -> None:
    sent = shared_api.send("POST", "/oauth/token", json={}, headers={"Authorization": ""})
    assert (sent.status_code, sent.json()["code"]) == (415, "unsupported_media_type")
    basic = b64encode(f"{id_of(shared_services, key)}:{key}".encode()).decode()
    both = f"grant_type=client_credentials&client_secret={key}"
    assert ask(shared_api, both, Authorization=f"Basic {basic}").status_code == 401


def test_what_we_did_not_issue_opens_nothing(
    shared_api: Api, shared_services: Services, key: str
) -> None:
    secrets = shared_services.database.read(store.list_token_secrets)
    secret = OctKey.import_key(secrets[max(secrets)])
    foreign = OctKey.import_key(bytes(32))
    at = int(now().timestamp())
    sound = {
        "iss": "ovunque",
        "aud": "ovunque-api",
        "sub": id_of(shared_services, key),
        "scope": "customers",
        "exp": at + 60,
    }
    header = {"alg": "HS256", "typ": "at+jwt"}

    def made(claims: dict[str, Any], signer: OctKey = secret, **changed: str) -> str:
        head = header | changed
        return jwt.encode(head, claims, signer, algorithms=[head["alg"]])

    assert opens(shared_api, made(sound)) == 200
    wrong = {
        "expired": made(sound | {"exp": at}),
        "another house": made(sound | {"iss": "somebody"}),
        "not for us": made(sound | {"aud": "ovunque-web"}),
        "another key": made(sound | {"sub": public_id("key", shared_services.new_id())}),
        "not a key": made(sound | {"sub": "ord_1"}),
        "no end": made({k: v for k, v in sound.items() if k != "exp"}),
        "another secret": made(sound, foreign),
        "another algorithm": made(sound, alg="HS512"),
        "another type": made(sound, typ="JWT"),
        "unsigned": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + made(sound).split(".")[1] + ".",
        "cut": made(sound)[:-2],
        "long": made(sound | {"pad": "x" * 2_000}),
    }
    assert {name: opens(shared_api, token) for name, token in wrong.items()} == dict.fromkeys(
        wrong, 401
    )


def test_a_revoked_key_takes_its_tokens_with_it(
    shared_api: Api, shared_services: Services, key: str
) -> None:
    token = issued(shared_api, shared_services, key)
    assert opens(shared_api, token) == 200
    key_id = shared_services.keys.id_of(key)
    assert key_id is not None
    shared_services.database.transact(lambda tx: revoke_key(tx, TESTER, key_id, now()))
    shared_services.database.read(shared_services.keys.load)
    assert opens(shared_api, token) == 401
    assert timedelta(0) < LIFETIME <= timedelta(minutes=15)


def test_a_secret_is_followed_by_another_and_opens_once_more(
    shared_api: Api, shared_services: Services, key: str
) -> None:
    """Rotated, it signs nothing new and opens what it signed; rotated again, it is gone."""
    database, keys = shared_services.database, shared_services.keys

    def rotate() -> None:
        database.transact(lambda tx: rotate_secret(tx, TESTER, new_seed(), now()))
        database.read(keys.load)

    first = issued(shared_api, shared_services, key)
    rotate()
    second = issued(shared_api, shared_services, key)
    assert [opens(shared_api, each) for each in (first, second)] == [200, 200]
    rotate()
    assert [opens(shared_api, each) for each in (first, second)] == [401, 200]
