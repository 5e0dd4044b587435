"""The demo retailer's strategies: drafts to try, since nothing counts before it is published."""

from datetime import datetime

from ovunque.access.model import Actor
from ovunque.network.model import LocationKind
from ovunque.platform.database import Tx
from ovunque.sourcing.model.ruling import Aim, Conditions, PlanStep, Price, Strategy
from ovunque.sourcing.publishing import save_draft
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


def draft_strategies(tx: Tx, by: Actor, now: datetime) -> None:
    """One word each, and one that the retailer has written; drafts that are there stay."""
    for strategy in (*(preset(aim) for aim in Aim), OWN):
        save_draft(tx, by, strategy, now)
