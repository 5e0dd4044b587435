"""A strategy tried on orders: what it would have made of them, beside what counts now.

A few of them at once, while somebody waits; all of them by the worker, to be looked at meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import fastapi
import msgspec
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.platform.database import Tx
from ovunque.simulation import asking
from ovunque.simulation.gathering import Past, gather, generate
from ovunque.simulation.model import Simulation, Source
from ovunque.simulation.preparing import arrange
from ovunque.simulation.replaying import Replay, replay
from ovunque.simulation.telling import document_of
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Aim, Strategy
from ovunque.sourcing.rules.presets import preset
from ovunque.web.language import Message
from ovunque.web.office import replay_words
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

ORDERS_MAX = 2_000  # Of one look: more of them by the worker.
GENERATED = 20_000  # By the worker.
CHANGED_SHOWN = 20
LISTED_MAX = 50
WIDTH, HEIGHT, MARGIN = 480, 220, 40
LINE = 13  # Of the chart's text.

Figures = Mapping[str, Any]

router = screens(OFFICE)
EDITORS = [only(frozenset({Role.MERCHANDISER}))]


class SimulationForm(Form):
    source: str = Field(default="past", pattern="^(past|generated)$")
    days: str = Field(default="7", pattern="^[0-9]{1,2}$")
    beside: str = Field(default="", max_length=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """An arm in the chart: cost to the right, kept promises up, grams as its size."""

    name: str
    x: int
    y: int
    radius: int
    text_x: int
    text_y: int
    side: str  # Where its name goes on: to the right of what lies on the left, and so on.


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
    drafts = drafts_of(standing.latest, beside)
    state = simulate(visit, drafts, days, source)
    worst = sorted(state.changed, key=lambda each: -abs(each.cents))
    return visit.page(
        "rules/simulation.html",
        asked="",
        standing=standing,
        state=state,
        changed=worst[:CHANGED_SHOWN],
        linked=source == "past",
        days=days,
        source=source,
        beside=beside,
        aims=list(Aim),
        orders_max=ORDERS_MAX,
        **shown_of(document_of(state)["arms"], drafts, visit),
    )


@router.post("/strategies/{code}/simulations", dependencies=EDITORS)
def post_simulation(
    visit: Visiting, code: str, form: Annotated[SimulationForm, fastapi.Form()]
) -> Response:
    """All of the orders, by the worker."""
    past = form.source == "past"
    source = Source(days=int(form.days)) if past else Source(generate=GENERATED)
    at = visit.house.new_id, visit.now

    def work(tx: Tx) -> Simulation:
        (draft,) = asking.find_drafts(tx, [code])
        return asking.ask(tx, visit.by, drafts_of(draft, form.beside), source, at)

    return visit.go(f"/simulations/{public_id('sim', visit.transact(work).id)}")


@router.get("/simulations")
def get_simulations(visit: Visiting) -> Response:
    """What was simulated, the newest first."""
    found = visit.read(lambda tx: asking.list_simulations(tx, None, LISTED_MAX))
    return visit.page(
        "rules/simulations.html",
        asked="",
        rows=[(public_id("sim", each.id), each, titles_of(each)) for each in found],
        states=replay_words.SIMULATION,
    )


@router.get("/simulations/{simulation_id}")
def get_simulated(visit: Visiting, simulation_id: str) -> Response:
    """One of them: how far it is, and its figures so far."""
    id_ = parse_public_id("sim", simulation_id)
    run = visit.read(lambda tx: asking.find(tx, id_))
    result = run.result or {}
    return visit.page(
        "rules/simulated.html",
        asked="",
        id=simulation_id,
        run=run,
        titles=titles_of(run),
        states=replay_words.SIMULATION,
        say_source=source_of(run.source),
        changed=visit.read(lambda tx: asking.list_worst(tx, id_, CHANGED_SHOWN)),
        linked=run.source.days > 0,
        gaps=[replay_words.SIMULATION_GAP[each] for each in result.get("gaps", ())],
        may_edit=visit.person.role == Role.MERCHANDISER,
        **shown_of(result.get("arms", ()), run.strategies, visit),
    )


@router.post("/simulations/{simulation_id}/cancellation", dependencies=EDITORS)
def post_cancellation(
    visit: Visiting, simulation_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """Call it off; the figures so far stay."""
    id_ = parse_public_id("sim", simulation_id)
    visit.transact(lambda tx: asking.cancel(tx, visit.by, id_, visit.now))
    return visit.go(f"/simulations/{simulation_id}")


def titles_of(run: Simulation) -> list[str]:
    return [each.name for each in run.strategies]


def source_of(source: Source) -> Message:
    if source.days:
        return replay_words.PAST_ORDERS
    return replay_words.GENERATED_ORDERS if source.generate else replay_words.FOREIGN_ORDERS


def drafts_of(latest: Strategy, beside: str) -> list[Strategy]:
    """A strategy, and one of one word beside it."""
    drafts = [latest]
    if beside in set(Aim):
        drafts.append(msgspec.structs.replace(preset(Aim(beside)), priority=0))
    return drafts


def simulate(visit: Visit, drafts: Sequence[Strategy], days: int, source: str) -> Replay:
    snapshot, now = visit.house.snapshot(), visit.now
    if source == "generated":
        past = Past(orders=tuple(generate(snapshot, ORDERS_MAX // 4, 1, now)))
    else:
        since = now - timedelta(days=days)
        past = visit.read(lambda tx: gather(tx, snapshot, since, ORDERS_MAX))
    ready = arrange(snapshot, past, drafts, now)
    (*_, state) = replay(snapshot, ready.orders, ready.arms, ready.shelf)
    return state


def shown_of(arms: Sequence[Figures], drafts: Sequence[Strategy], visit: Visit) -> dict[str, Any]:
    """What the table and the chart show."""
    known = visit.house.snapshot().network.by_code

    def name_of(code: str) -> str:
        return known[code].name if code in known else code

    return {
        "arms": arms,
        "dots": dots_of(arms),
        "names": {each.code: each.name for each in drafts},
        "busiest": busiest,
        "place_name": name_of,
        "named": lambda codes: " + ".join(map(name_of, codes)),
        "currency": visit.currency,
        "size": (WIDTH, HEIGHT),
    }


def busiest(arm: Figures) -> tuple[str, int] | None:
    """The location with the most parcels, and how many."""
    load: Mapping[str, int] = arm["load"]
    return max(load.items(), key=lambda each: each[1], default=None)


def dots_of(arms: Sequence[Figures]) -> list[Dot]:
    """Where each arm lies in the chart; names that would cover each other stand one below."""
    told = [each for each in arms if each["orders"]]
    costs = [each["cost_cents"] / each["orders"] for each in told]
    kept = [each["kept"] / each["promised"] if each["promised"] else 1.0 for each in told]
    grams = [each["emissions_g"] / each["orders"] for each in told]

    def place(values: list[float], value: float, low: int, high: int) -> int:
        span = max(values) - min(values)
        share = (value - min(values)) / span if span else 0.5
        return round(low + (high - low) * share)

    found: list[Dot] = []
    for arm, cost, share, gram in zip(told, costs, kept, grams, strict=True):
        x = place(costs, cost, 2 * MARGIN, WIDTH - 2 * MARGIN)
        y = place(kept, share, HEIGHT - MARGIN, MARGIN)
        radius = round(8 + 16 * (gram / max(*grams, 1)))
        text_y = y - radius - 4 if y > HEIGHT // 2 else y + radius + LINE
        step = -LINE if y > HEIGHT // 2 else LINE
        while any(abs(text_y - each.text_y) < LINE and abs(x - each.x) < 150 for each in found):
            text_y += step
        side = "start" if x < WIDTH // 3 else "end" if x > WIDTH * 2 // 3 else ""
        text_x = x - radius if side == "start" else x + radius if side == "end" else x
        found.append(
            Dot(
                name=arm["strategy"],
                x=x,
                y=y,
                radius=radius,
                text_x=text_x,
                text_y=text_y,
                side=side,
            )
        )
    return found
