"""One order tried against strategies: what would happen, and nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.sourcing.explaining import Explained, explain_now
from ovunque.sourcing.foreseeing import components_of
from ovunque.sourcing.model import DeliveryNeed, Demand, Destination, Promised, SourcingPlan
from ovunque.sourcing.model.ruling import Strategy, Version
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering

LINES_MAX = 100
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """An order as somebody imagines it."""

    channel: str
    lines: tuple[tuple[str, int], ...]
    destination: Destination
    value_cents: int = 0
    promised_by: datetime | None = None  # The day that its customer was told.


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it would be served; no plan: nobody would."""

    plan: SourcingPlan | None
    explained: Explained | None


def as_draft(strategy: Strategy) -> Version:
    """A strategy as if it had always counted."""
    return Version(
        number=0, strategy=strategy, published_at=ALWAYS, published_by="draft", starts_at=ALWAYS
    )


def counting(steering: Steering, now: datetime) -> Steering:
    """What counts at an instant, for orders of any time."""
    versions = (msgspec.structs.replace(each, starts_at=ALWAYS) for each in steering.ranked(now))
    return Steering(versions=tuple(versions), network=steering.network)


def with_draft(steering: Steering, strategy: Strategy, now: datetime) -> Steering:
    """The same if a draft counted as well, in place of the strategy of its code."""
    others = counting(steering, now).versions
    kept = (each for each in others if each.strategy.code != strategy.code)
    return Steering(versions=(*kept, as_draft(strategy)), network=steering.network)


def try_order(
    snapshot: Snapshot, steering: Steering, request: TrialRequest, now: datetime
) -> Trial:
    """What would become of an order if these strategies counted."""
    channel = snapshot.network.channels.get(request.channel)
    faults = list(faults_of(snapshot, request))
    if channel is None or faults:
        faults = faults or [Fault("/channel", "unknown_reference", "There is no such channel.")]
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)
    promised = None
    if request.promised_by is not None:
        promised = Promised(arrive_by=request.promised_by, binding=False)
    need = DeliveryNeed(
        destination=request.destination,
        demands=tuple(demands_of(snapshot, request.lines)),
        promised=promised,
    )
    wish = Wish(
        channel=channel,
        needs=(need,),
        whole=False,
        now=now,
        value_cents=request.value_cents,
        steering=steering,
    )
    plans = plan(snapshot, snapshot_shelf(snapshot, now), wish)
    if not plans or not plans[0].shipments:
        return Trial(plan=None, explained=explain_now(plans[0]) if plans else None)
    return Trial(plan=plans[0], explained=explain_now(plans[0]))


def demands_of(snapshot: Snapshot, lines: Sequence[tuple[str, int]]) -> list[Demand]:
    """Lines as items that are stocked."""
    items = snapshot.catalog.items
    return [
        Demand(
            line_id=UUID(int=nth),
            sku=part,
            quantity=quantity * units,
            weight_g=items[part].weight_g,
            set_of=units,
        )
        for nth, (sku, quantity) in enumerate(lines, 1)
        for part, units in components_of(snapshot, sku)
    ]


def faults_of(snapshot: Snapshot, request: TrialRequest) -> list[Fault]:
    unknown = "There is no such item."
    faults = [
        Fault(f"/lines/{nth}/sku", "unknown_reference", unknown)
        for nth, (sku, _) in enumerate(request.lines)
        if sku not in snapshot.catalog.items
    ]
    if not 1 <= len(request.lines) <= LINES_MAX:
        faults.append(Fault("/lines", "out_of_bounds", f"Between 1 and {LINES_MAX} lines."))
    return faults
