"""`ovunque incidents`: a strike, a flood, a closed lane; declared, listed and ended."""

import json
from datetime import datetime
from typing import Annotated

import typer

from ovunque.api.incidents import show
from ovunque.cli.session import open_session
from ovunque.delivery import snapshot as delivery_snapshot
from ovunque.kernel.ids import parse_public_id
from ovunque.network import snapshot as network_snapshot
from ovunque.platform.database import Tx
from ovunque.sourcing import declaring
from ovunque.sourcing.model.declaring import Extent, Incident, IncidentRequest
from ovunque.sourcing.publishing import known_in

commands = typer.Typer(no_args_is_help=True, help="Incidents: declare, list and end them.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Word = Annotated[str | None, typer.Option()]
At = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"])]


@commands.command("open")
def open_one(
    reason: Annotated[str, typer.Argument(help="What has happened.")],
    *,
    location: Word = None,
    carrier: Word = None,
    service: Word = None,
    country: Word = None,
    postal_prefix: Word = None,
    ends: At = None,
    as_json: Json = False,
) -> None:
    """Declare one: nothing it is about is promised from now on."""
    extent = Extent(
        location=location,
        carrier=carrier,
        service=service,
        country=country,
        postal_prefix=postal_prefix,
    )
    asked = IncidentRequest(extent=extent, reason=reason, ends_at=ends)
    with open_session() as session:

        def work(tx: Tx) -> Incident:
            known = known_in(network_snapshot.load(tx, None), delivery_snapshot.load(tx))
            at = (session.new_id, session.now())
            return declaring.declare(tx, session.actor, asked, known, at)

        print(told(session.database.transact(work), as_json=as_json))


@commands.command("list")
def list_all(*, as_json: Json = False) -> None:
    """List those that nobody has ended."""
    with open_session() as session:
        found = session.database.read(declaring.list_standing)
    if as_json:
        print(json.dumps({"data": [show(each).model_dump(mode="json") for each in found]}))
        return
    for each in found:
        print(told(each, as_json=False))


@commands.command("end")
def end_one(
    incident: Annotated[str, typer.Argument(help="Its id, like inc_…")], *, as_json: Json = False
) -> None:
    """Say that one is over."""
    id_ = parse_public_id("inc", incident)
    with open_session() as session:
        ended = session.database.transact(
            lambda tx: declaring.end(tx, session.actor, id_, session.now())
        )
    print(told(ended, as_json=as_json))


def told(incident: Incident, *, as_json: bool) -> str:
    """One line, or one document."""
    shown = show(incident)
    if as_json:
        return json.dumps(shown.model_dump(mode="json"))
    extent = incident.extent
    about = " ".join(
        filter(
            None,
            (extent.location, extent.carrier, extent.service, extent.country, extent.postal_prefix),
        )
    )
    until = f" until {incident.ends_at:%Y-%m-%d %H:%M}Z" if incident.ends_at else ""
    over = ", over" if incident.closed_at else ""
    return f"{shown.id}  {about}: {incident.reason}{until}{over}"
