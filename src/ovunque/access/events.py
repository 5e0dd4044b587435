"""What access announces: every process forgets or learns keys by these."""

from collections.abc import Mapping
from typing import Any

from ovunque.access.model import ApiKey, Person
from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

KEY_PREFIX = "key"
PERSON_PREFIX = "per"


def key_created(key: ApiKey) -> Fact:
    body = {"client": key.client, "scopes": sorted(key.scopes), "expires_at": key.expires_at}
    return Fact(kind="key.created", subject=public_id(KEY_PREFIX, key.id), body=body)


def key_revoked(key: ApiKey) -> Fact:
    body = {"client": key.client}
    return Fact(kind="key.revoked", subject=public_id(KEY_PREFIX, key.id), body=body)


def person_created(person: Person) -> Fact:
    body = {"login": person.login, "role": person.role, "location_id": person.location_id}
    return _of(person, "person.created", body)


def person_disabled(person: Person) -> Fact:
    return _of(person, "person.disabled", {"login": person.login})


def password_changed(person: Person) -> Fact:
    return _of(person, "person.password_changed", {"login": person.login})


def signed_in(person: Person) -> Fact:
    return _of(person, "person.signed_in", {})


def signed_out(person: Person) -> Fact:
    return _of(person, "person.signed_out", {})


def _of(person: Person, kind: str, body: Mapping[str, Any]) -> Fact:
    return Fact(kind=kind, subject=public_id(PERSON_PREFIX, person.id), body=body)
