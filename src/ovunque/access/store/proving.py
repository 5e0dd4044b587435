"""SQL of doors: second factors, invitations, devices, and sessions as their owners see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor, Device, Person, SecondFactor
from ovunque.access.store.enrolling import PERSON, person_of
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

SECRETS = Drawer(table="second_factor", column="secret", keys=("person_id",))
FACTOR = "person_id, secret, confirmed_at, last_step"
DEVICE = "id, name, location_id, bound_by, bound_at, revoked_at"
MINE = "(%(mine)s::uuid is null or location_id = %(mine)s::uuid)"


def find_factor(tx: Tx, person_id: UUID) -> SecondFactor | None:
    row = tx.execute(
        f"select {FACTOR} from second_factor where person_id = %(id)s", {"id": person_id}
    ).fetchone()
    return _factor(row) if row else None


def lock_factor(tx: Tx, person_id: UUID) -> SecondFactor | None:
    """The factor, held: the same code does not open twice at the same moment."""
    row = tx.execute(
        f"select {FACTOR} from second_factor where person_id = %(id)s for update", {"id": person_id}
    ).fetchone()
    return _factor(row) if row else None


def _factor(row: Sequence[Any]) -> SecondFactor:
    person_id, secret, confirmed_at, last_step = row
    return SecondFactor(
        person_id=person_id,
        secret=SECRETS.open(secret, person_id),
        confirmed_at=confirmed_at,
        last_step=last_step,
    )


def save_factor(tx: Tx, factor: SecondFactor) -> None:
    tx.execute(
        """
        insert into second_factor (person_id, secret, confirmed_at, last_step)
        values (%(person_id)s, %(secret)s, %(confirmed_at)s, %(last_step)s)
            on conflict (person_id) do update
           set confirmed_at = excluded.confirmed_at, last_step = excluded.last_step
        """,
        {
            "person_id": factor.person_id,
            "secret": SECRETS.seal(factor.secret, factor.person_id),
            "confirmed_at": factor.confirmed_at,
            "last_step": factor.last_step,
        },
    )


def remove_factor(tx: Tx, person_id: UUID) -> bool:
    """Whether there was one."""
    tx.execute("delete from recovery_code where person_id = %(id)s", {"id": person_id})
    done = tx.execute("delete from second_factor where person_id = %(id)s", {"id": person_id})
    return done.rowcount == 1


def list_with_factor(tx: Tx) -> frozenset[UUID]:
    rows = tx.execute("select person_id from second_factor where confirmed_at is not null")
    return frozenset(row[0] for row in rows)


def save_recovery(tx: Tx, person_id: UUID, sha256s: Sequence[bytes]) -> None:
    """These codes and no others."""
    tx.execute("delete from recovery_code where person_id = %(id)s", {"id": person_id})
    tx.execute(
        "insert into recovery_code (person_id, sha256) "
        "select %(id)s, told.sha256 from unnest(%(sha256s)s::bytea[]) as told (sha256)",
        {"id": person_id, "sha256s": list(sha256s)},
    )


def remove_recovery(tx: Tx, person_id: UUID, sha256: bytes) -> bool:
    """Whether the code was there; it is not any more."""
    done = tx.execute(
        "delete from recovery_code where person_id = %(id)s and sha256 = %(sha256)s",
        {"id": person_id, "sha256": sha256},
    )
    return done.rowcount == 1


def save_invitation(tx: Tx, sha256: bytes, person_id: UUID, expires_at: datetime) -> None:
    tx.execute(
        """
        insert into invitation (sha256, person_id, expires_at)
        values (%(sha256)s, %(person_id)s, %(expires_at)s)
            on conflict (person_id) do update
           set sha256 = excluded.sha256, expires_at = excluded.expires_at
        """,
        {"sha256": sha256, "person_id": person_id, "expires_at": expires_at},
    )


def find_invited(tx: Tx, sha256: bytes, now: datetime) -> Person | None:
    row = tx.execute(
        f"""
        select {PERSON} from invitation join person on person.id = invitation.person_id
         where invitation.sha256 = %(sha256)s and invitation.expires_at > %(now)s
        """,
        {"sha256": sha256, "now": now},
    ).fetchone()
    return person_of(row) if row else None


def remove_invitation(tx: Tx, sha256: bytes) -> bool:
    """Whether it was still there."""
    done = tx.execute("delete from invitation where sha256 = %(sha256)s", {"sha256": sha256})
    return done.rowcount == 1


def add_device(tx: Tx, device: Device, sha256: bytes) -> None:
    tx.execute(
        """
        insert into device (id, sha256, name, location_id, bound_by, bound_at)
        values (%(id)s, %(sha256)s, %(name)s, %(location_id)s, %(bound_by)s, %(bound_at)s)
        """,
        {
            "id": device.id,
            "sha256": sha256,
            "name": device.name,
            "location_id": device.location_id,
            "bound_by": device.bound_by,
            "bound_at": device.bound_at,
        },
    )


def find_device(tx: Tx, sha256: bytes) -> Device | None:
    row = tx.execute(
        f"select {DEVICE} from device where sha256 = %(sha256)s and revoked_at is null",
        {"sha256": sha256},
    ).fetchone()
    return _device(row) if row else None


def lock_device(tx: Tx, by: Actor, device_id: UUID) -> Device | None:
    """A device; None for a stranger's, as for one that is not there."""
    row = tx.execute(
        f"select {DEVICE} from device where id = %(id)s and {MINE} for update",
        {"id": device_id, "mine": by.location_id},
    ).fetchone()
    return _device(row) if row else None


def list_devices(tx: Tx, by: Actor) -> tuple[Device, ...]:
    rows = tx.execute(
        f"select {DEVICE} from device where {MINE} order by id", {"mine": by.location_id}
    )
    return tuple(map(_device, rows))


def save_device_revoked(tx: Tx, device_id: UUID, at: datetime) -> None:
    tx.execute(
        "update device set revoked_at = %(at)s where id = %(id)s", {"id": device_id, "at": at}
    )


def _device(row: Sequence[Any]) -> Device:
    id_, name, location_id, bound_by, bound_at, revoked_at = row
    return Device(
        id=id_,
        name=name,
        location_id=location_id,
        bound_by=bound_by,
        bound_at=bound_at,
        revoked_at=revoked_at,
    )


def save_pin(tx: Tx, person_id: UUID, pin_hash: str) -> None:
    tx.execute(
        "update person set pin_hash = %(hash)s where id = %(id)s",
        {"id": person_id, "hash": pin_hash},
    )


def find_pin(tx: Tx, login: str, location_id: UUID) -> tuple[Person, str] | None:
    """Who has this name in this store, and the hash of their PIN."""
    row = tx.execute(
        f"""
        select {PERSON}, person.pin_hash from person
         where login = %(login)s and location_id = %(at)s and pin_hash is not null
        """,
        {"login": login, "at": location_id},
    ).fetchone()
    return (person_of(row[:-1]), row[-1]) if row else None


def list_with_pin(tx: Tx, location_id: UUID) -> tuple[Person, ...]:
    rows = tx.execute(
        f"""
        select {PERSON} from person
         where location_id = %(at)s and pin_hash is not null and disabled_at is null
         order by name
        """,
        {"at": location_id},
    )
    return tuple(map(person_of, rows))
