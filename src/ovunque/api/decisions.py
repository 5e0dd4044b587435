"""Why an order is served as it is: what was looked at, and what ruled each place out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import services_of
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.orders import JSON, ORDER_ID, id_of, reading
from ovunque.api.orders_shown import PATH
from ovunque.kernel.refusal import Fault
from ovunque.orders import listing
from ovunque.orders.listing import Decision, Instead
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of
from ovunque.sourcing.explaining import Candidate, Explained
from ovunque.sourcing.model import Applied
from ovunque.sourcing.snapshot import Snapshot

_encode = msgspec.json.Encoder().encode


class CandidateShown(msgspec.Struct, kw_only=True):
    """A location that was looked at; its figures are of all that it has of the order, in a parcel.

    Reasons: chosen, outranked (dearer, later or with more emissions), lacks_some, lacks_all,
    too_heavy, too_late, refused, no_lane, no_capability, not_open; by the filters of a strategy's
    step wrong_kind, wrong_group, wrong_country, not_named, too_far, wrong_carrier, too_slow,
    breaks_promise, keeps_its_last, too_busy; for a time excluded (it did not serve these items
    lately) or incident. `beside_cents` counted beside the cost where a strategy weighs it: what
    the units are worth to their store, and how busy that is.
    """

    location: str
    reason: str
    carrier_service: str | None
    units: int | None
    arrives_at: datetime | None
    cost_cents: int | None
    emissions_g: int | None
    beside_cents: int | None


class StrategyShown(msgspec.Struct, kw_only=True):
    """By which step of which version a delivery was planned; step 0: by none of its steps."""

    code: str
    version: int
    step: int
    name: str


class DeliveryDecisionShown(msgspec.Struct, kw_only=True):
    """How one delivery of the order was planned; the best candidates first."""

    objective: str
    strategy: StrategyShown | None
    cost_cents: int
    emissions_g: int
    arrives_at: datetime | None
    unmet: int
    parcels: list[CandidateShown]
    candidates: list[CandidateShown]


class DeviationShown(msgspec.Struct, kw_only=True):
    """A delivery that is not served as it was promised: moved (in time all the same) or late."""

    delivery: int
    deviation: str


class InsteadShown(msgspec.Struct, kw_only=True):
    """What it had been planned as, when it moved because elsewhere was better."""

    cost_cents: int
    emissions_g: int
    beside_cents: int
    locations: list[str]
    arrives_at: datetime


class DecisionShown(msgspec.Struct, kw_only=True):
    """Why an order is served as it is; `passed_over`: plans that were gone when its turn came."""

    nth: int
    decided_at: datetime
    passed_over: int
    excluded: list[str]
    instead: InsteadShown | None
    deviations: list[DeviationShown]
    deliveries: list[DeliveryDecisionShown]


class DecisionList(msgspec.Struct, kw_only=True):
    data: list[DecisionShown]


async def get_order_decisions(request: Request, _: Actor) -> Response:
    """Why this order is served as it is; of one location only, if that is what is asked."""
    order_id = id_of(request)
    asked = request.query_params.get("location")
    snapshot = services_of(request).snapshot()
    if asked is not None and asked not in snapshot.network.by_code:
        raise refusal_of((Fault("query:location", "unknown_reference", "No such location."),))

    def read(tx: Tx) -> Sequence[Decision]:
        listing.find_order(tx, order_id)
        return listing.list_decisions(tx, order_id)

    decisions = await reading(request, read)
    shown = DecisionList(data=[show_decision(each, snapshot) for each in decisions])
    if asked is not None:
        for delivery in [part for each in shown.data for part in each.deliveries]:
            delivery.candidates = [each for each in delivery.candidates if each.location == asked]
    return Response(_encode(shown), media_type=JSON)


def show_decision(decision: Decision, snapshot: Snapshot) -> DecisionShown:
    """A decision as programs see it."""
    return DecisionShown(
        nth=decision.nth,
        decided_at=decision.decided_at,
        passed_over=decision.passed_over,
        excluded=sorted(code_of(each, snapshot) for each in decision.excluded),
        instead=show_instead(decision.instead, snapshot) if decision.instead else None,
        deviations=[
            DeviationShown(delivery=nth, deviation=deviation)
            for nth, deviation in decision.deviations.items()
        ],
        deliveries=[show_delivery(each, snapshot) for each in decision.deliveries],
    )


def show_instead(instead: Instead, snapshot: Snapshot) -> InsteadShown:
    return InsteadShown(
        cost_cents=instead.cost_cents,
        emissions_g=instead.emissions_g,
        beside_cents=instead.beside_cents,
        locations=[code_of(each, snapshot) for each in instead.locations],
        arrives_at=instead.arrives_at,
    )


def show_delivery(explained: Explained, snapshot: Snapshot) -> DeliveryDecisionShown:
    parcels = explained.parcels
    return DeliveryDecisionShown(
        objective=explained.objective,
        strategy=show_strategy(explained.applied),
        cost_cents=sum(each.cost_cents or 0 for each in parcels),
        emissions_g=sum(each.emissions_g or 0 for each in parcels),
        arrives_at=max((each.arrives_at for each in parcels if each.arrives_at), default=None),
        unmet=explained.unmet,
        parcels=[show_candidate(each, snapshot) for each in parcels],
        candidates=[show_candidate(each, snapshot) for each in explained.candidates],
    )


def show_strategy(applied: Applied | None) -> StrategyShown | None:
    if applied is None:
        return None
    return StrategyShown(
        code=applied.strategy, version=applied.version, step=applied.step, name=applied.name
    )


def show_candidate(candidate: Candidate, snapshot: Snapshot) -> CandidateShown:
    return CandidateShown(
        location=code_of(candidate.location_id, snapshot),
        reason=candidate.reason.name.lower(),
        carrier_service=service_of(candidate.service_id, snapshot),
        units=candidate.units,
        arrives_at=candidate.arrives_at,
        cost_cents=candidate.cost_cents,
        emissions_g=candidate.emissions_g,
        beside_cents=candidate.beside_cents,
    )


def code_of(location_id: UUID, snapshot: Snapshot) -> str:
    network = snapshot.network
    return network.locations[network.position_of[location_id]].code


def service_of(service_id: UUID | None, snapshot: Snapshot) -> str | None:
    """`carrier/service`; nothing for what is handed over at a counter."""
    found = (each for each in snapshot.delivery.services if each.id == service_id)
    return next((str(each.key) for each in found), None)


LOCATION = Parameter(
    name="location",
    schema={"type": "string"},
    description="Why not this one? Candidates of others are left out; none: it is not in the pool.",
)

ROUTES = (
    HotRoute(
        method="GET",
        path=f"{PATH}/{{order_id}}/decisions",
        endpoint=get_order_decisions,
        scope=Scope.ORDERS,
        tag="orders",
        summary="Read why an order is served as it is",
        response=DecisionList,
        parameters=(ORDER_ID, LOCATION),
    ),
)
