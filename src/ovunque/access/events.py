"""What access announces: every process forgets or learns keys by these."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from ovunque.access.model import ApiKey, ClientHold, Device, Person, Provider
from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

KEY_PREFIX = "key"
PERSON_PREFIX = "per"
DEVICE_PREFIX = "dev"
CLIENT_PREFIX = "cli"
PROVIDER_PREFIX = "idp"


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


def signed_in(person: Person, provider: str | None = None) -> Fact:
    """By their own secret, or vouched for by a provider."""
    return _of(person, "person.signed_in", {"provider": provider} if provider else {})


def person_vouched(person: Person, provider: str) -> Fact:
    """From now on this provider may vouch for them."""
    return _of(person, "person.vouched", {"login": person.login, "provider": provider})


def standing_changed(person: Person) -> Fact:
    body = {"login": person.login, "role": person.role, "location_id": person.location_id}
    return _of(person, "person.standing_changed", body)


def provider_added(provider: Provider) -> Fact:
    body = {"code": provider.code, "issuer": provider.issuer, "roles": provider.roles}
    return Fact(kind="provider.added", subject=public_id(PROVIDER_PREFIX, provider.id), body=body)


def provider_removed(provider: Provider) -> Fact:
    body = {"code": provider.code}
    return Fact(kind="provider.removed", subject=public_id(PROVIDER_PREFIX, provider.id), body=body)


def signed_out(person: Person) -> Fact:
    return _of(person, "person.signed_out", {})


def person_invited(person: Person) -> Fact:
    return _of(person, "person.invited", {"login": person.login})


def factor_confirmed(person: Person) -> Fact:
    return _of(person, "person.second_factor_added", {"login": person.login})


def factor_removed(person: Person) -> Fact:
    return _of(person, "person.second_factor_removed", {"login": person.login})


def pin_changed(person: Person) -> Fact:
    return _of(person, "person.pin_changed", {"login": person.login})


def session_revoked(person: Person) -> Fact:
    return _of(person, "person.session_revoked", {"login": person.login})


def places_given(person: Person, location_ids: Iterable[UUID]) -> Fact:
    return _of(person, "person.places_given", {"locations": sorted(map(str, location_ids))})


def moved(person: Person, location_id: UUID) -> Fact:
    return _of(person, "person.moved", {"login": person.login, "location_id": location_id})


def device_bound(device: Device) -> Fact:
    body = {"name": device.name, "location_id": device.location_id}
    return Fact(kind="device.bound", subject=public_id(DEVICE_PREFIX, device.id), body=body)


def device_revoked(device: Device) -> Fact:
    body = {"location_id": device.location_id}
    return Fact(kind="device.revoked", subject=public_id(DEVICE_PREFIX, device.id), body=body)


def token_secret_rotated(nth: int) -> Fact:
    """Every process reads its keys again by this, and what they are signed with."""
    return Fact(kind="key.secret_rotated", subject="tokens", body={"nth": nth})


def client_held(hold: ClientHold) -> Fact:
    """Too much at once; every process reads its keys again by this."""
    body = {"client": hold.client, "units": hold.units, "units_max": hold.units_max}
    return Fact(kind="key.held", subject=public_id(CLIENT_PREFIX, hold.client_id), body=body)


def client_released(client_id: UUID, client: str) -> Fact:
    subject = public_id(CLIENT_PREFIX, client_id)
    return Fact(kind="key.released", subject=subject, body={"client": client})


def key_rotated(key: ApiKey) -> Fact:
    body = {"client": key.client, "expires_at": key.expires_at}
    return Fact(kind="key.rotated", subject=public_id(KEY_PREFIX, key.id), body=body)


def _of(person: Person, kind: str, body: Mapping[str, Any]) -> Fact:
    return Fact(kind=kind, subject=public_id(PERSON_PREFIX, person.id), body=body)
