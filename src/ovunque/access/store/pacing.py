"""SQL of paces: what programs move by the hour, and who is held for it."""

from datetime import datetime
from uuid import UUID

from ovunque.access.model import ClientHold
from ovunque.platform.database import Tx


def add_units(tx: Tx, client_id: UUID, hour: datetime, units: int) -> int:
    """So many more in this hour; returns all of it."""
    row = tx.execute(
        """
        insert into client_pace (client_id, hour, units) values (%(id)s, %(hour)s, %(units)s)
            on conflict (client_id, hour) do update set units = client_pace.units + excluded.units
        returning units
        """,
        {"id": client_id, "hour": hour, "units": units},
    ).fetchone()
    assert row is not None
    total: int = row[0]
    return total


def find_usual(tx: Tx, client_id: UUID, since: datetime, before: datetime) -> int:
    """The most that it moved within an hour lately."""
    row = tx.execute(
        """
        select coalesce(max(units), 0) from client_pace
         where client_id = %(id)s and hour >= %(since)s and hour < %(before)s
        """,
        {"id": client_id, "since": since, "before": before},
    ).fetchone()
    assert row is not None
    most: int = row[0]
    return most


def remove_paces(tx: Tx, client_id: UUID, before: datetime, hour: datetime) -> None:
    """Forget what is too old, and the hour that somebody has looked at."""
    tx.execute(
        """
        delete from client_pace
         where client_id = %(id)s and (hour < %(before)s or hour = %(hour)s)
        """,
        {"id": client_id, "before": before, "hour": hour},
    )


def add_client_hold(tx: Tx, hold: ClientHold) -> bool:
    """Whether it was not held yet."""
    done = tx.execute(
        """
        insert into client_hold (client_id, units, units_max, held_at)
        values (%(id)s, %(units)s, %(units_max)s, %(held_at)s) on conflict do nothing
        """,
        {
            "id": hold.client_id,
            "units": hold.units,
            "units_max": hold.units_max,
            "held_at": hold.held_at,
        },
    )
    return done.rowcount == 1


def list_client_holds(tx: Tx) -> tuple[ClientHold, ...]:
    """Who is held, the longest first."""
    rows = tx.execute(
        """
        select client_id, client.name, units, units_max, held_at
          from client_hold join api_client as client on client.id = client_id
         order by held_at, client_id
        """
    )
    return tuple(
        ClientHold(client_id=id_, client=name, units=units, units_max=most, held_at=at)
        for id_, name, units, most, at in rows
    )


def remove_client_hold(tx: Tx, client_id: UUID) -> str | None:
    """The name of the program that was held; None when it was not."""
    row = tx.execute(
        """
        delete from client_hold as held using api_client as client
         where held.client_id = %(id)s and client.id = held.client_id returning client.name
        """,
        {"id": client_id},
    ).fetchone()
    return row[0] if row else None
