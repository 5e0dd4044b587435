"""Incidents are declared and ended: what they are about is promised to nobody meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel import rows
from ovunque.kernel.ids import NewId, public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.model.declaring import Extent, Incident, IncidentRequest
from ovunque.sourcing.rules.findings import Known
from ovunque.sourcing.store import declaring as store

OPENED = "incident.opened"
CLOSED = "incident.closed"
REASON_MAX = 200
PREFIX_MAX = 10
LISTED_MAX = 250


def declare(
    tx: Tx, by: Actor, request: IncidentRequest, known: Known, at: tuple[NewId, datetime]
) -> Incident:
    """The incident as it stands; refused with all that is wrong with it. `at`: its id and now."""
    new_id, now = at
    faults = [*_faults(request, known, now)]
    if faults:
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)
    incident = Incident(
        id=new_id(),
        extent=request.extent,
        reason=request.reason,
        starts_at=request.starts_at or now,
        ends_at=request.ends_at,
        opened_at=now,
        opened_by=by.name,
    )
    store.add_incident(tx, incident)
    journal.record(tx, [_fact(OPENED, incident)], by=by.name, at=now)
    return incident


def _faults(request: IncidentRequest, known: Known, now: datetime) -> list[Fault]:
    extent = request.extent
    found = [*rows.text("/reason", request.reason, REASON_MAX)]
    if extent.location is None and extent.carrier is None and extent.country is None:
        detail = "Say a location, a carrier or a country: something that is out."
        found.append(Fault("/location", "missing", detail))
    if extent.location is not None and extent.location not in known.locations:
        detail = f"There is no location {extent.location}."
        found.append(Fault("/location", "unknown_reference", detail))
    carrier = "/".join(each for each in (extent.carrier, extent.service) if each)
    if carrier and carrier not in known.carriers:
        found.append(Fault("/carrier", "unknown_reference", f"There is no carrier {carrier}."))
    if extent.country is not None:
        found += rows.country("/country", extent.country)
    if extent.postal_prefix is not None and extent.country is None:
        detail = "A postal code means something in a country only."
        found.append(Fault("/country", "missing", detail))
    begins = request.starts_at or now
    if request.ends_at is not None and request.ends_at <= max(begins, now):
        found.append(Fault("/ends_at", "out_of_bounds", "It would be over already."))
    return found


def end(tx: Tx, by: Actor, incident_id: UUID, now: datetime) -> Incident:
    """It is over; what was out is promised again at once."""
    standing = store.lock_open(tx, [incident_id])
    if not standing:
        raise Refusal("not_found", what="open incident")
    end_all(tx, by, [incident_id], now)
    return replace(standing[0], closed_at=now, closed_by=by.name)


def end_all(tx: Tx, by: Actor, ids: Sequence[UUID], now: datetime) -> int:
    """End those of some incidents that are not ended yet; returns how many."""
    standing = store.lock_open(tx, ids)
    if standing:
        store.save_closed(tx, [each.id for each in standing], by.name, now)
        facts = [_fact(CLOSED, each) for each in standing]
        journal.record(tx, facts, by=by.name, at=now)
    return len(standing)


def list_over(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Incidents whose time is over."""
    return store.list_over(tx, now, limit)


def list_incidents(
    tx: Tx, before: UUID | None = None, limit: int = LISTED_MAX
) -> tuple[Incident, ...]:
    """All there were, the newest first."""
    return store.list_incidents(tx, before, limit)


def list_standing(tx: Tx) -> tuple[Incident, ...]:
    """Those that nobody has ended."""
    return store.list_standing(tx)


def _fact(kind: str, incident: Incident) -> Fact:
    extent: Extent = incident.extent
    said = {
        name: value
        for name in ("location", "carrier", "service", "country", "postal_prefix")
        if (value := getattr(extent, name)) is not None
    }
    return Fact(
        kind=kind,
        subject=public_id("inc", incident.id),
        body={
            "extent": said,
            "reason": incident.reason,
            "starts_at": incident.starts_at,
            "ends_at": incident.ends_at,
        },
    )
