"""A strategy tried on orders: what it would have made of them, beside what counts now."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import fastapi
import msgspec
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.simulation.gathering import Past, gather, generate
from ovunque.simulation.replaying import Arm, Figures, Replay, replay
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Aim, Strategy
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.sourcing.rules.presets import preset
from ovunque.sourcing.trying import counting, with_draft
from ovunque.web.screens import OFFICE, only, screens
from ovunque.web.visiting import Visit, Visiting

ORDERS_MAX = 2_000  # Of one look: more of them by the command line, in processes of their own.
CHANGED_SHOWN = 20
WIDTH, HEIGHT, MARGIN = 480, 220, 40

router = screens(OFFICE)
EDITORS = [only(frozenset({Role.MERCHANDISER}))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """An arm in the chart: cost to the right, kept promises up, grams as its size."""

    name: str
    x: int
    y: int
    radius: int
    figures: Figures


@router.get("/strategies/{code}/simulation", dependencies=EDITORS)
def get_simulation(
    visit: Visiting,
    code: str,
    days: Annotated[int, fastapi.Query(ge=1, le=90)] = 7,
    source: Annotated[str, fastapi.Query(pattern="^(past|generated)$")] = "past",
    beside: Annotated[str, fastapi.Query(max_length=20)] = "",
) -> Response:
    """The newest orders of some days, or some that could have come; nothing is written."""
    standing = visit.read(lambda tx: publishing.find_strategy(tx, code))
    drafts = [standing.latest]
    if beside in set(Aim):
        drafts.append(msgspec.structs.replace(preset(Aim(beside)), priority=0))
    state = simulate(visit, drafts, days, source)
    worst = sorted(state.changed, key=lambda each: -abs(each.cents))
    return visit.page(
        "rules/simulation.html",
        asked="",
        standing=standing,
        state=state,
        now=state.figures[0],
        arms=state.figures,
        dots=dots_of(state),
        names={"": None, **{each.code: each.name for each in drafts}},
        changed=worst[:CHANGED_SHOWN],
        days=days,
        source=source,
        beside=beside,
        aims=list(Aim),
        orders_max=ORDERS_MAX,
        currency=visit.currency,
        size=(WIDTH, HEIGHT),
    )


def simulate(visit: Visit, drafts: list[Strategy], days: int, source: str) -> Replay:
    snapshot, now = visit.house.snapshot(), visit.now
    if source == "generated":
        past = Past(orders=tuple(generate(snapshot, ORDERS_MAX // 4, 1, now)))
    else:
        since = now - timedelta(days=days)
        past = visit.read(lambda tx: gather(tx, snapshot, since, ORDERS_MAX))
    arms = [Arm(name="", steering=counting(snapshot.steering, now))]
    arms += [
        Arm(name=each.code, steering=with_draft(snapshot.steering, each, now)) for each in drafts
    ]
    units = [(sku, at, quantity) for (sku, at), quantity in past.put_back.items()]
    shelf = snapshot_shelf(snapshot, now).with_units(units)
    (*_, state) = replay(snapshot, past.orders, arms, shelf)
    return state


def dots_of(state: Replay) -> list[Dot]:
    """Where each arm lies in the chart."""
    told = [each for each in state.figures if each.orders]
    costs = [each.cents / each.orders for each in told]
    kept = [each.kept / each.promised if each.promised else 1.0 for each in told]
    grams = [each.grams / each.orders for each in told]

    def place(values: list[float], value: float, low: int, high: int) -> int:
        span = max(values) - min(values)
        share = (value - min(values)) / span if span else 0.5
        return round(low + (high - low) * share)

    return [
        Dot(
            name=each.name,
            x=place(costs, cost, MARGIN, WIDTH - MARGIN),
            y=place(kept, share, HEIGHT - MARGIN, MARGIN),
            radius=round(8 + 16 * (gram / max(*grams, 1))),
            figures=each,
        )
        for each, cost, share, gram in zip(told, costs, kept, grams, strict=True)
    ]
