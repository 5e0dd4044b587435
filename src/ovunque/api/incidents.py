"""A strike, a flood, a closed lane: declared, and ended."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.ids import public_id
from ovunque.platform.database import Tx
from ovunque.sourcing import declaring
from ovunque.sourcing.declaring import PREFIX_MAX, REASON_MAX
from ovunque.sourcing.model.declaring import Extent, Incident, IncidentRequest
from ovunque.sourcing.publishing import known_in

router = resource("strategies")

IncidentId = Annotated[UUID, PublicId("inc")]
Why = Annotated[str, StringConstraints(min_length=1, max_length=REASON_MAX)]
Prefix = Annotated[str, StringConstraints(pattern=rf"^[0-9A-Za-z -]{{1,{PREFIX_MAX}}}$")]


class IncidentBody(Body):
    """What is out: all that is said must hold. From its start on nobody is promised any of it."""

    location: Code | None = Field(default=None, description="Alone: with all that waits there.")
    carrier: Code | None = None
    service: Code | None = Field(default=None, description="Of that carrier.")
    country: Country | None = Field(default=None, description="To which parcels go.")
    postal_prefix: Prefix | None = Field(default=None, description="Of postal codes there.")
    reason: Why
    starts_at: Instant | None = Field(default=None, description="None: now.")
    ends_at: Instant | None = Field(default=None, description="None: when somebody says so.")


class IncidentEndBody(Body):
    """It is over; there is nothing else to say."""


class IncidentShown(Shown):
    id: str
    location: str | None
    carrier: str | None
    service: str | None
    country: str | None
    postal_prefix: str | None
    reason: str
    starts_at: Instant
    ends_at: Instant | None
    opened_at: Instant
    opened_by: str
    closed_at: Instant | None
    closed_by: str | None


@router.get("/incidents", dependencies=[need(Scope.READ)])
def get_incidents(call: Caller, page: Paging) -> Listed[IncidentShown]:
    """All incidents, newest first."""
    found = call.read(lambda tx: declaring.list_incidents(tx, page.after_id("inc"), page.rows_max))
    return page.show(found, show, lambda each: public_id("inc", each.id))


@router.post(
    "/incidents",
    status_code=201,
    response_model=IncidentShown,
    dependencies=[need(Scope.CONFIG)],
)
def post_incident(body: IncidentBody, call: Caller, once: Once) -> Response:
    """Declare one: promises stop at once, offers are withdrawn, work is sourced again elsewhere."""
    snapshot = call.services.snapshot()
    known = known_in(snapshot.network, snapshot.delivery)
    asked = IncidentRequest(
        extent=Extent(
            location=body.location,
            carrier=body.carrier,
            service=body.service,
            country=body.country,
            postal_prefix=body.postal_prefix,
        ),
        reason=body.reason,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return once.run(
        lambda tx: show(declaring.declare(tx, call.by, asked, known, (call.new_id, call.now)))
    )


@router.post(
    "/incidents/{incident_id}/end",
    status_code=201,
    response_model=IncidentShown,
    dependencies=[need(Scope.CONFIG)],
)
def post_incident_end(
    incident_id: IncidentId, _: IncidentEndBody, call: Caller, once: Once
) -> Response:
    """Say that it is over: what was out is promised again at once."""

    def work(tx: Tx) -> IncidentShown:
        return show(declaring.end(tx, call.by, incident_id, call.now))

    return once.run(work)


def show(incident: Incident) -> IncidentShown:
    extent = incident.extent
    return IncidentShown(
        id=public_id("inc", incident.id),
        location=extent.location,
        carrier=extent.carrier,
        service=extent.service,
        country=extent.country,
        postal_prefix=extent.postal_prefix,
        reason=incident.reason,
        starts_at=incident.starts_at,
        ends_at=incident.ends_at,
        opened_at=incident.opened_at,
        opened_by=incident.opened_by,
        closed_at=incident.closed_at,
        closed_by=incident.closed_by,
    )
