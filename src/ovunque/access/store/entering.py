"""SQL of sessions, and of the tries to open one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Session
from ovunque.access.store.enrolling import PERSON, person_of
from ovunque.platform.database import Tx

SESSION = """
  session.id, session.opened_at, session.seen_at, session.proven_at, session.is_half,
  session.address, session.agent, session.device_id, session.is_strong
"""


def add_session(tx: Tx, sha256: bytes, session: Session) -> None:
    tx.execute(
        """
        insert into session (sha256, id, person_id, opened_at, seen_at, proven_at, is_half, address,
                             agent, device_id, is_strong)
        values (%(sha256)s, %(id)s, %(person_id)s, %(opened_at)s, %(seen_at)s, %(proven_at)s,
                %(is_half)s, %(address)s, %(agent)s, %(device_id)s,
                %(is_strong)s)
        """,
        {
            "sha256": sha256,
            "id": session.id,
            "person_id": session.person.id,
            "opened_at": session.opened_at,
            "seen_at": session.seen_at,
            "proven_at": session.proven_at,
            "is_half": session.is_half,
            "address": session.address,
            "agent": session.agent,
            "device_id": session.device_id,
            "is_strong": session.is_strong,
        },
    )


def find_session(tx: Tx, sha256: bytes) -> Session | None:
    row = tx.execute(
        f"""
        select {SESSION}, {PERSON}
          from session join person on person.id = session.person_id
         where session.sha256 = %(sha256)s
        """,
        {"sha256": sha256},
    ).fetchone()
    return _session(row) if row else None


def list_sessions(tx: Tx, person_id: UUID) -> tuple[Session, ...]:
    """Where somebody is signed in, the latest first."""
    rows = tx.execute(
        f"""
        select {SESSION}, {PERSON}
          from session join person on person.id = session.person_id
         where session.person_id = %(id)s and not session.is_half
         order by session.seen_at desc
        """,
        {"id": person_id},
    )
    return tuple(map(_session, rows))


def _session(row: Sequence[Any]) -> Session:
    id_, opened_at, seen_at, proven_at, is_half, address, agent, device_id, strong, *person = row
    return Session(
        id=id_,
        person=person_of(person),
        opened_at=opened_at,
        seen_at=seen_at,
        proven_at=proven_at,
        is_half=is_half,
        address=address,
        agent=agent,
        device_id=device_id,
        is_strong=strong,
    )


def list_addresses(tx: Tx, most: int) -> tuple[str, ...]:
    """From where people are signed in."""
    rows = tx.execute(
        """
        select address from session
         where not is_half and address <> ''
         group by address order by max(seen_at) limit %(most)s
        """,
        {"most": most},
    )
    return tuple(address for (address,) in rows)


def save_rotation(tx: Tx, before: bytes, sha256: bytes, now: datetime) -> None:
    """Carried by another secret from now on, whole, and proven at this instant.

    Half a session becomes whole by a second factor, and by nothing else.
    """
    tx.execute(
        """
        update session set sha256 = %(sha256)s, proven_at = %(now)s,
               is_strong = is_strong or is_half, is_half = false
         where sha256 = %(before)s
        """,
        {"before": before, "sha256": sha256, "now": now},
    )


def save_strong(tx: Tx, session_id: UUID) -> None:
    tx.execute("update session set is_strong = true where id = %(id)s", {"id": session_id})


def remove_session_of(tx: Tx, person_id: UUID, session_id: UUID) -> bool:
    """Whether this person had this session."""
    done = tx.execute(
        "delete from session where id = %(id)s and person_id = %(person_id)s",
        {"id": session_id, "person_id": person_id},
    )
    return done.rowcount == 1


def remove_sessions_at(tx: Tx, device_id: UUID) -> None:
    tx.execute("delete from session where device_id = %(id)s", {"id": device_id})


def save_seen(tx: Tx, sha256: bytes, at: datetime) -> None:
    tx.execute(
        "update session set seen_at = %(at)s where sha256 = %(sha256)s",
        {"sha256": sha256, "at": at},
    )


def remove_session(tx: Tx, sha256: bytes) -> None:
    tx.execute("delete from session where sha256 = %(sha256)s", {"sha256": sha256})


def remove_sessions(tx: Tx, person_id: UUID) -> None:
    tx.execute("delete from session where person_id = %(id)s", {"id": person_id})


def remove_other_sessions(tx: Tx, person_id: UUID, session_id: UUID) -> None:
    """All of somebody's but this one."""
    tx.execute(
        "delete from session where person_id = %(id)s and id <> %(session_id)s",
        {"id": person_id, "session_id": session_id},
    )


def remove_sessions_before(tx: Tx, opened_at: datetime) -> None:
    """Forget what nobody can use any more; who else forgets it now is not waited for."""
    tx.execute(
        """
        delete from session
         where sha256 in (select sha256 from session where opened_at < %(opened_at)s
                           order by sha256 for update skip locked)
        """,
        {"opened_at": opened_at},
    )


def add_tries(tx: Tx, keys: Sequence[str], now: datetime) -> dict[str, int]:
    """One more for each, and how many that are with those of others at the same moment.

    Keys come sorted, so that two tries never wait for each other.
    """
    rows = tx.execute(
        """
        insert into sign_in_try (key, tries, since)
        select key, 1, %(now)s from unnest(%(keys)s::text[]) as told (key) order by key
            on conflict (key) do update set tries = sign_in_try.tries + 1
        returning key, tries
        """,
        {"keys": list(keys), "now": now},
    )
    found: dict[str, int] = dict(rows.fetchall())
    return found


def remove_tries(tx: Tx, before: datetime) -> None:
    """Forget what began before; whoever else forgets them at this moment is not waited for."""
    tx.execute(
        """
        delete from sign_in_try
         where key in (select key from sign_in_try where since < %(before)s
                        order by key for update skip locked)
        """,
        {"before": before},
    )


def remove_one_try(tx: Tx, key: str) -> None:
    """One try less, where it was a good one."""
    tx.execute(
        """
        with last as (
          delete from sign_in_try where key = %(key)s and tries = 1
        )
        update sign_in_try set tries = tries - 1 where key = %(key)s and tries > 1
        """,
        {"key": key},
    )


def remove_try(tx: Tx, key: str) -> None:
    tx.execute("delete from sign_in_try where key = %(key)s", {"key": key})
