"""The demo retailer's strategies: drafts to try, since nothing counts before it is published."""

from datetime import datetime, timedelta

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId
from ovunque.network.model import LocationKind
from ovunque.platform.database import Tx
from ovunque.sourcing import declaring
from ovunque.sourcing.model.declaring import Extent, IncidentRequest
from ovunque.sourcing.model.ruling import (
    Aim,
    Conditions,
    OfferMode,
    Offers,
    PlanStep,
    Price,
    Strategy,
)
from ovunque.sourcing.publishing import PublishRequest, list_strategies, publish, save_draft
from ovunque.sourcing.rules.findings import Known
from ovunque.sourcing.rules.presets import preset

OWN = Strategy(
    code="last-pieces",
    name="Italy: warehouse first, and no store gives its last piece away",
    priority=50,
    when=Conditions(services=("home",), countries=("IT",)),
    steps=(
        PlanStep(
            name="The warehouse, in one parcel", kinds=(LocationKind.WAREHOUSE,), parcels_max=1
        ),
        PlanStep(
            name="The store in time that can do without it",
            kinds=(LocationKind.STORE,),
            keeps_promise=True,
            parcels_max=2,
            price=Price(tonne=10_000, last_units=100, overstock=15, refusal=300, busy=100),
        ),
    ),
)


COMPETING = Strategy(
    code="large-orders",
    name="Large orders: three places compete",
    priority=10,
    when=Conditions(services=("home",), value_min=150_000),
    steps=(PlanStep(name="Whoever sends it cheapest", parcels_max=2),),
    offers=Offers(mode=OfferMode.COMPETE, among=3, minutes=20),
)


def draft_strategies(tx: Tx, by: Actor, now: datetime) -> None:
    """One word each, and one that the retailer has written; drafts that are there stay."""
    for strategy in (*(preset(aim) for aim in Aim), OWN):
        save_draft(tx, by, strategy, now)


def publish_competing(tx: Tx, by: Actor, known: Known, now: datetime) -> None:
    """One that counts: what is dear goes to who is quickest to take it."""
    if COMPETING.code in {each.code for each in list_strategies(tx)}:
        return
    save_draft(tx, by, COMPETING, now)
    publish(tx, by, PublishRequest(code=COMPETING.code, known=known), now)


def have_an_incident_over(
    tx: Tx, by: Actor, known: Known, carrier: str, at: tuple[NewId, datetime]
) -> None:
    """A strike of a carrier that is told and over at once: it leaves nothing but its story."""
    _, now = at
    if declaring.list_incidents(tx):
        return
    request = IncidentRequest(
        extent=Extent(carrier=carrier, country="IT", postal_prefix="09"),
        reason="Strike at the port of Olbia",
        starts_at=now - timedelta(hours=5),
        ends_at=now + timedelta(hours=1),
    )
    incident = declaring.declare(tx, by, request, known, at)
    declaring.end(tx, by, incident.id, now)
