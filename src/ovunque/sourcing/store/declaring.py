"""Incidents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.sourcing.model.declaring import Extent, Incident

COLUMNS = """
  id, location, carrier, service, country, postal_prefix, reason, starts_at, ends_at, opened_at,
  opened_by, closed_at, closed_by
"""


def add_incident(tx: Tx, each: Incident) -> None:
    tx.execute(
        """
        insert into incident (id, location, carrier, service, country, postal_prefix, reason,
                              starts_at, ends_at, opened_at, opened_by)
        values (%(id)s, %(location)s, %(carrier)s, %(service)s, %(country)s, %(postal_prefix)s,
                %(reason)s, %(starts_at)s, %(ends_at)s, %(opened_at)s, %(opened_by)s)
        """,
        {
            "id": each.id,
            "location": each.extent.location,
            "carrier": each.extent.carrier,
            "service": each.extent.service,
            "country": each.extent.country,
            "postal_prefix": each.extent.postal_prefix,
            "reason": each.reason,
            "starts_at": each.starts_at,
            "ends_at": each.ends_at,
            "opened_at": each.opened_at,
            "opened_by": each.opened_by,
        },
    )


def lock_open(tx: Tx, ids: Sequence[UUID]) -> tuple[Incident, ...]:
    """Those of some incidents that nobody has ended, held until we are done."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from incident
         where id = any(%(ids)s::uuid[]) and closed_at is null order by id for update
        """,
        {"ids": list(ids)},
    )
    return tuple(map(_incident, rows))


def save_closed(tx: Tx, ids: Sequence[UUID], closed_by: str, now: datetime) -> None:
    tx.execute(
        """
        update incident set closed_at = %(now)s, closed_by = %(closed_by)s
         where id = any(%(ids)s::uuid[]) and closed_at is null
        """,
        {"ids": list(ids), "closed_by": closed_by, "now": now},
    )


def list_standing(tx: Tx) -> tuple[Incident, ...]:
    """All that nobody has ended, those to come included."""
    rows = tx.execute(
        f"select {COLUMNS} from incident where closed_at is null order by starts_at, id"
    )
    return tuple(map(_incident, rows))


def list_incidents(tx: Tx, before: UUID | None, limit: int) -> tuple[Incident, ...]:
    """The newest first."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from incident
         where %(before)s::uuid is null or id < %(before)s::uuid
         order by id desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    )
    return tuple(map(_incident, rows))


def list_over(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Those whose time is over."""
    rows = tx.execute(
        """
        select id from incident where closed_at is null and ends_at <= %(now)s
         order by ends_at, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def _incident(row: Sequence[Any]) -> Incident:
    id_, location, carrier, service, country, postal_prefix, reason, *at = row
    starts_at, ends_at, opened_at, opened_by, closed_at, closed_by = at
    return Incident(
        id=id_,
        extent=Extent(
            location=location,
            carrier=carrier,
            service=service,
            country=country,
            postal_prefix=postal_prefix,
        ),
        reason=reason,
        starts_at=starts_at,
        ends_at=ends_at,
        opened_at=opened_at,
        opened_by=opened_by,
        closed_at=closed_at,
        closed_by=closed_by,
    )
