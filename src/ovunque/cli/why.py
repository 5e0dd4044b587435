"""`ovunque why`: why an order is served as it is, place by place."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from ovunque.api.decisions import show_decision
from ovunque.cli.orders import find
from ovunque.cli.session import open_session
from ovunque.kernel.money import decimal_of
from ovunque.kernel.refusal import Refusal
from ovunque.orders.listing import Decision, list_decisions
from ovunque.orders.model import Order
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.explaining import Candidate, Explained
from ovunque.sourcing.model import Applied, Reason
from ovunque.sourcing.snapshot import Snapshot

SHOWN_MAX = 20  # Of the candidates ruled out; the rest are counted.
REASONS = {
    Reason.CHOSEN: "chosen",
    Reason.LACKS_SOME: "has only a part of it",
    Reason.LACKS_ALL: "has none of it",
    Reason.TOO_HEAVY: "too heavy for every service from there",
    Reason.TOO_LATE: "would arrive too late",
    Reason.REFUSED: "was asked and did not serve it",
    Reason.NO_LANE: "no carrier brings this service from there",
    Reason.NO_CAPABILITY: "does not do this service",
    Reason.NOT_OPEN: "is not open",
    Reason.WRONG_KIND: "is another kind of location than the step looks at",
    Reason.WRONG_GROUP: "is not in the groups that the step looks at",
    Reason.WRONG_COUNTRY: "is not in the countries that the step looks at",
    Reason.NOT_NAMED: "is not among the locations that the step looks at",
    Reason.TOO_FAR: "is too far away for the step",
    Reason.WRONG_CARRIER: "ships with other carriers than the step takes",
    Reason.TOO_SLOW: "would take more days than the step allows",
    Reason.BREAKS_PROMISE: "would arrive after the day that was promised",
    Reason.KEEPS_ITS_LAST: "keeps its last units by the step",
    Reason.TOO_BUSY: "has too much work waiting for the step",
    Reason.EXCLUDED: "could not serve these items lately",
    Reason.INCIDENT: "is out because of an incident",
}
NAME_WIDTH = 44
OUTRANKED = {
    "economic": "dearer",
    "fastest": "later or dearer",
    "lowest_emissions": "more emissions or dearer",
}


def explain_order(
    reference: Annotated[str, typer.Argument(help="Its number (OV-10001) or id (ord_…).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every place of the pool.")] = False,
    location: Annotated[
        str, typer.Option("--not", help="A location: why not this one? Says only that.")
    ] = "",
) -> None:
    """Say why an order is served as it is: what was looked at, and what ruled it out."""
    with open_session() as session:
        order = session.database.read(lambda tx: find(tx, reference))
        decisions = session.database.read(lambda tx: list_decisions(tx, order.id))
        places = session.database.read(sourcing_snapshot.load)
    if as_json:
        shown = [show_decision(each, places) for each in decisions]
        print(msgspec.json.encode({"number": order.number, "decisions": shown}).decode())
        return
    if location:
        if location not in places.network.by_code:
            raise Refusal("not_found", what=f"location {location[:64]}")
        print("\n".join(why_not(order, decisions, places, location)))
        return
    shown_max = len(places.network.locations) if everything else SHOWN_MAX
    for decision in decisions:
        print("\n".join(describe(order, decision, places, shown_max)))


def why_not(
    order: Order, decisions: Sequence[Decision], places: Snapshot, code: str
) -> Iterator[str]:
    """What ruled one location out each time, and by which rule."""
    wanted = places.network.by_code[code].id
    for decision in decisions:
        for nth, delivery in enumerate(decision.deliveries):
            found = next((c for c in delivery.candidates if c.location_id == wanted), None)
            rule = rule_of(delivery.applied) if delivery.applied else delivery.objective
            told = (
                "is not in the pool of this channel"
                if found is None
                else line_of(found, delivery, places)
            )
            yield f"{order.number} decision {decision.nth}, delivery {nth}, {rule}"
            yield f"    {told}"


def describe(
    order: Order, decision: Decision, places: Snapshot, shown_max: int = SHOWN_MAX
) -> Iterator[str]:
    """A decision in lines: each delivery, its parcels, then what else was looked at."""
    again = "" if decision.nth == 1 else f", decision {decision.nth}"
    yield f"{order.number}{again}, decided {decision.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    if decision.passed_over:
        yield f"  {decision.passed_over} earlier plan(s) were gone when their turn came"
    if decision.instead is not None:
        before = decision.instead
        at = places.network.position_of
        names = ", ".join(places.network.locations[at[each]].code for each in before.locations)
        cost = decimal_of(before.cost_cents, places.network.currency)
        yield f"  moved: it would cost {cost} from {names} as planned before"
    for nth, deviation in decision.deviations.items():
        yield f"  delivery {nth} is not served as it was promised: {deviation}"
    for nth, delivery in enumerate(decision.deliveries):
        yield from describe_delivery(nth, delivery, places, shown_max)


def describe_delivery(
    nth: int, explained: Explained, places: Snapshot, shown_max: int
) -> Iterator[str]:
    cents = sum(each.cost_cents or 0 for each in explained.parcels)
    grams = sum(each.emissions_g or 0 for each in explained.parcels)
    unmet = f", {explained.unmet} units that nobody could serve" if explained.unmet else ""
    aim = explained.objective.replace("_", " ")
    if explained.applied is not None:
        aim = rule_of(explained.applied)
    cost = decimal_of(cents, places.network.currency)
    yield f"  delivery {nth}, {aim}: {cost}, {grams} g CO2e{unmet}"
    for parcel in explained.parcels:
        yield f"  > {line_of(parcel, explained, places)}"
    others = [each for each in explained.candidates if each.reason != Reason.CHOSEN]
    for candidate in others[:shown_max]:
        yield f"    {line_of(candidate, explained, places)}"
    if len(others) > shown_max:
        yield f"    and {len(others) - shown_max} more (--all shows them)"


def rule_of(applied: Applied) -> str:
    """By what a delivery was planned, as one says it."""
    told = f"strategy {applied.strategy} v{applied.version}"
    if not applied.step:
        return f"{told}, which none of its steps served"
    return f"{told}, step {applied.step} «{applied.name}»"


def line_of(candidate: Candidate, explained: Explained, places: Snapshot) -> str:
    """A location with its figures, and what ruled it out."""
    network = places.network
    location = network.locations[network.position_of[candidate.location_id]]
    by_step = explained.applied is not None and explained.applied.step > 0
    outranked = "another one does better" if by_step else OUTRANKED[explained.objective]
    reason = REASONS.get(candidate.reason, outranked)
    name = f"{location.code} {location.name}"[:NAME_WIDTH]
    figures = figures_of(candidate, location.time_zone, network.currency)
    service = service_name(candidate, places)
    return f"{name:<{NAME_WIDTH}} {figures:<44} {reason}{service}".rstrip()


def figures_of(candidate: Candidate, time_zone: str, currency: str) -> str:
    if candidate.cost_cents is None or candidate.arrives_at is None:
        return ""
    arrives = local(candidate.arrives_at, time_zone)
    told = (
        f"{candidate.units} units {decimal_of(candidate.cost_cents, currency):>8}  {arrives}"
        f"  {candidate.emissions_g:>6} g"
    )
    if candidate.beside_cents is None:
        return told
    return f"{told}  {decimal_of(candidate.beside_cents, currency):+} worth"


def service_name(candidate: Candidate, places: Snapshot) -> str:
    services = {each.id: each.name for each in places.delivery.services}
    name = services.get(candidate.service_id) if candidate.service_id else None
    return f", {name}" if name else ""


def local(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%a %d %b %H:%M}"
