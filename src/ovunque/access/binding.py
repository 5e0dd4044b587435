"""Devices that belong to a store, and the PIN that opens there and nowhere else."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ovunque.access import events, hashing, rules, store
from ovunque.access.hashing import Line, Secret
from ovunque.access.keeping import digest
from ovunque.access.model import SYSTEM, Actor, Device, Person, Session
from ovunque.access.proving import count_try
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """The id and the secret that the browser keeps are drawn at the edge."""

    id: UUID
    name: str
    location_id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRequest:
    """Who wants in at a device, and the secret that its browser will carry."""

    device: Device
    login: str
    pin: str = field(repr=False)
    session_id: UUID
    address: str
    agent: str
    token: str = field(repr=False)
    line: Line = hashing.STREET


def bind_device(tx: Tx, by: Actor, request: DeviceRequest, now: datetime) -> Device:
    """The browser belongs to the store from now on; store people bind for their own store."""
    if by.location_id not in (None, request.location_id):
        raise Refusal("not_found", what="location")
    if faults := tuple(rules.check_name(request.name)):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    device = Device(
        id=request.id,
        name=request.name,
        location_id=request.location_id,
        bound_by=by.name,
        bound_at=now,
    )
    store.add_device(tx, device, digest(request.token))
    journal.record(tx, [events.device_bound(device)], by=by.name, at=now)
    return device


def revoke_device(tx: Tx, by: Actor, device_id: UUID, now: datetime) -> None:
    """It opens nothing any more, and whoever is signed in there is out."""
    device = store.lock_device(tx, by, device_id)
    if device is None:
        raise Refusal("not_found", what="device")
    if device.revoked_at is not None:
        return
    store.save_device_revoked(tx, device_id, now)
    store.remove_sessions_at(tx, device_id)
    journal.record(tx, [events.device_revoked(device)], by=by.name, at=now)


def list_devices(tx: Tx, by: Actor) -> tuple[Device, ...]:
    """The devices of one's own store, or all; revoked ones too."""
    return store.list_devices(tx, by)


def find_device(tx: Tx, token: str) -> Device | None:
    """Which device this browser is; none when it is unknown or revoked."""
    return store.find_device(tx, digest(token)) if token else None


def list_who_may(tx: Tx, device: Device) -> tuple[Person, ...]:
    """The store's people who have a PIN."""
    return store.list_with_pin(tx, device.location_id)


def save_pin(tx: Tx, person: Person, pin: Secret, now: datetime) -> None:
    """Six digits, for devices of one's own store only."""
    if person.location_id is None:
        raise Refusal("not_found", what="store")
    if faults := tuple(rules.check_pin(pin.told)):
        raise Refusal("invalid", detail=faults[0].detail, errors=faults)
    store.save_pin(tx, person.id, pin.kept)
    journal.record(tx, [events.pin_changed(person)], by=person.login, at=now)


def pin_key(device: Device) -> str:
    """Whoever tries all names tries them at one device."""
    return f"pin:{device.id}"


def enter_by_pin(database: Database, request: PinRequest, now: datetime) -> Session:
    """A session of this device; another store's people, and wrong PINs, are refused alike."""
    at = request.device.location_id
    database.transact(lambda tx: count_try(tx, pin_key(request.device), now))
    person, kept = database.read(lambda tx: store.find_pin(tx, request.login, at)) or (None, None)
    fits = hashing.is_password(kept or hashing.nobody(), request.pin, request.line)
    if person is None or kept is None or not fits or person.disabled_at is not None:
        raise Refusal("sign_in_failed")
    return database.transact(lambda tx: _enter(tx, request, (person, kept), now))


def _enter(tx: Tx, request: PinRequest, shown: tuple[Person, str], now: datetime) -> Session:
    """A PIN takes its time to compare: it opens nothing any more if it was changed meanwhile.

    Nor if its owner works elsewhere by now, or the device was revoked.
    """
    device = store.lock_device(tx, SYSTEM, request.device.id)
    store.lock_password(tx, shown[0].id)
    if device is None or device.revoked_at is not None:
        raise Refusal("sign_in_failed")
    if store.find_pin(tx, request.login, device.location_id) != shown:
        raise Refusal("sign_in_failed")
    person = shown[0]
    store.remove_try(tx, pin_key(request.device))
    session = Session(
        id=request.session_id,
        person=person,
        opened_at=now,
        seen_at=now,
        proven_at=now,
        address=request.address,
        agent=request.agent,
        device_id=request.device.id,
        is_strong=True,
    )
    store.add_session(tx, digest(request.token), session)
    journal.record(tx, [events.signed_in(person)], by=person.login, at=now)
    return session
