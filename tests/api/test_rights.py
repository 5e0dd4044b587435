"""Every route tried with every kind of key, with things that are ours, another's, and nobody's."""

import re
from collections import Counter

import pytest
from tests.api.conftest import Api, NewKey, key_maker
from tests.api.examples import SOUND
from tests.factories import TESTER
from tests.house.rights import RIGHTS
from tests.house.source import keeps

from ovunque.access.keeping import revoke_key
from ovunque.access.model import Scope
from ovunque.api.call import Services
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.platform.clock import new_secret, now

ROUTES = [(name, scope) for scope, names in RIGHTS.items() for name in names]
PREFIXES = {
    "order_id": "ord",
    "hold_id": "hld",
    "feed_id": "fed",
    "transfer_id": "trf",
    "fulfillment_id": "ful",
    "parcel_id": "par",
    "manifest_id": "man",
    "customer_id": "cus",
    "key_id": "key",
    "import_id": "imp",
    "webhook_id": "whk",
}
HIDDEN = (401, 403)
# Where a sound body depends on who sends it, or on where it goes.
BODIES = SOUND | {
    "/v1/keys": {"client": "till", "scopes": ["config"]},
    "/v1/customers/{customer_id}": {"name": "Ada Rossi"},
    "/v1/users": {},  # Whom a key may let in is another question than whether it may ask.
}


def filled(path: str, services: Services, prefixes: dict[str, str]) -> str:
    """The address with an id of ours that is nobody's; `prefixes` make it one of another kind."""

    def fill(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        if name == "day":
            return "2026-12-08"
        prefix = prefixes.get(name)
        return public_id(prefix, services.new_id()) if prefix else "nothing"

    return re.sub(r"\{([^}]+)\}", fill, path)


def ask(api: Api, name: str, address: str, token: str | None) -> int:
    method, _, path = name.partition(" ")
    body = {"json": BODIES.get(path, {})} if method in ("POST", "PUT") else {}
    headers = {"Authorization": f"Bearer {token}"} if token else {"Authorization": ""}
    headers |= {"Idempotency-Key": new_secret()} if method == "POST" else {}
    return api.send(method, address, headers=headers, **body).status_code


def test_a_key_opens_what_it_is_for_and_nothing_else(
    shared_api: Api, shared_services: Services, shared_key: NewKey
) -> None:
    """Routes x keys: without the scope 403, whatever else is right; without a key 401."""
    services = shared_services
    keys: dict[str, str | None] = {scope.value: shared_key(scope) for scope in Scope}
    keys |= {"nobody": None, "a stranger": "ovq_" + "x" * 43, "revoked": revoked(services)}
    found, tried = [], Counter[str]()
    for name, wanted in ROUTES:
        address = filled(name.partition(" ")[2], services, PREFIXES)
        for kind, token in keys.items():
            status = ask(shared_api, name, address, token)
            may = kind in (wanted.value, Scope.ALL.value)
            expected = 401 if kind not in set(Scope) else None if may else 403
            tried["let in" if may else "kept out"] += 1
            if status >= 500 or (status in HIDDEN) != (expected is not None):
                found.append(f"{name} with {kind}: {status}")
            elif expected is not None and status != expected:
                found.append(f"{name} with {kind}: {status} instead of {expected}")
    print(f"{len(ROUTES)} routes x {len(keys)} keys: {dict(tried)}, {len(found)} leaks")
    keeps(found)


def revoked(services: Services) -> str:
    """A key that was good for everything a moment ago."""
    token = key_maker(services)()
    listed = services.database.read(
        lambda tx: tx.execute("select id from api_key where hint = %s", [token[-4:]]).fetchall()
    )
    (key_id,) = (row[0] for row in listed)
    services.database.transact(lambda tx: revoke_key(tx, TESTER, key_id, now()))
    services.database.read(services.keys.load)
    return token


def test_what_is_nobodys_and_what_is_another_thing_is_not_found(
    shared_api: Api, shared_services: Services
) -> None:
    """An id of ours that stands for nothing, and one of another kind: 404, and nothing told."""
    found, tried = [], 0
    for name, _ in ROUTES:
        path = name.partition(" ")[2]
        swapped = {key: "cus" if prefix == "ord" else "ord" for key, prefix in PREFIXES.items()}
        if not any(f"{{{key}}}" in path for key in PREFIXES):
            continue
        for prefixes in (PREFIXES, swapped):
            address = filled(path, shared_services, prefixes)
            status = ask(shared_api, name, address, shared_api.token)
            tried += 1
            if status != 404:
                found.append(f"{name} at {address}: {status}")
    print(f"{tried} addresses, {len(found)} found")
    keeps(found)


def test_an_answer_belongs_to_whom_it_was_given(
    shared_api: Api, shared_key: NewKey, shared_services: Services
) -> None:
    """Another client's Idempotency-Key is not ours: its answer, with a key in it, is not told."""
    body = {"client": "till", "scopes": ["read"]}
    answers = [
        shared_api.post(
            "/v1/keys",
            body,
            headers={"Idempotency-Key": "same", "Authorization": f"Bearer {token}"},
        )
        for token in (shared_key(Scope.ALL), shared_key(Scope.ALL, Scope.READ))
    ]
    ids = {parse_public_id("key", each.json()["id"]) for each in answers}
    assert len(ids) == 2
    assert not any("idempotent-replayed" in each.headers for each in answers)


@pytest.mark.parametrize("scope", [Scope.CONFIG])
def test_nobody_hands_on_what_they_lack(shared_api: Api, shared_key: NewKey, scope: Scope) -> None:
    headers = {"Authorization": f"Bearer {shared_key(scope)}"}
    for wanted in set(Scope) - {scope}:
        body = {"client": "greedy", "scopes": [scope, wanted]}
        assert shared_api.post("/v1/keys", body, headers=headers).status_code == 403, wanted
