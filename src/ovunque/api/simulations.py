"""Simulations: orders replayed against strategies by the worker, looked at while they run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.platform.http.protocol import ENDLESS
from ovunque.simulation import asking
from ovunque.simulation.asking import DAYS_MAX, GENERATED_MAX, ORDERS_MAX, STRATEGIES_MAX
from ovunque.simulation.model import FileLine, FileOrder, Simulation, Source
from ovunque.simulation.replaying import Changed

router = resource("strategies")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
LOOK_SECONDS, ALIVE_LOOKS = 0.3, 30
STREAMS_MAX = 50
LINES_MAX, UNITS_MAX, VALUE_MAX = 100, 10_000, 1_000_000_000

SimulationId = Annotated[UUID, PublicId("sim")]
Text = Annotated[str, Field(min_length=1, max_length=64)]


class PastLineBody(Body):
    sku: Text
    quantity: int = Field(ge=1, le=UNITS_MAX)


class PastOrderBody(Body):
    """An order as any system knows it: what a replay needs of it."""

    id: Text
    at: Instant
    channel: Code
    service: str = Field(default="home", max_length=20)
    country: Country = "IT"
    postal_code: str = Field(default="", max_length=12)
    value: int = Field(default=0, ge=0, le=VALUE_MAX, description="Minor units.")
    promised_by: Instant | None = None
    lines: list[PastLineBody] = Field(min_length=1, max_length=LINES_MAX)


class SimulationBody(Body):
    """What is tried, and on which orders: say one of `days`, `generate` and `orders`."""

    strategies: list[Code] = Field(
        min_length=1, max_length=STRATEGIES_MAX, description="Their drafts, or what counts of them."
    )
    days: int = Field(default=0, ge=0, le=DAYS_MAX, description="The orders of the last days.")
    generate: int = Field(
        default=0, ge=0, le=GENERATED_MAX, description="So many orders that could have come."
    )
    seed: int = Field(default=1, ge=0, le=VALUE_MAX, description="Of these.")
    orders: list[PastOrderBody] = Field(default=[], max_length=ORDERS_MAX)


class CancellationBody(Body):
    """Nothing else to say."""


class ArmShown(Shown):
    """What became of the orders so far by one strategy; no name: as it counts now."""

    strategy: str
    orders: int
    cost_cents: int
    emissions_g: int
    parcels: int
    split: int
    promised: int
    kept: int
    lead_minutes_p50: int
    lead_minutes_p90: int
    unfillable: int
    unfilled_units: int
    changed: int
    load: dict[str, int]
    steps: dict[str, int]


class SimulationShown(Shown):
    """How far it is, and the figures so far; `gaps`: what could not be had as it was then.

    stock_of_today, work_of_today, rules_of_today, counts_left_out, levels_unknown, orders_unknown.
    """

    id: str
    state: str
    strategies: list[str]
    total: int
    done: int
    arms: list[ArmShown]
    gaps: list[str]
    reason: str | None
    asked_by: str
    asked_at: Instant
    ended_at: Instant | None


class SimulatedOrderShown(Shown):
    """An order that a strategy serves from elsewhere than what counts now."""

    order: str
    strategy: str
    before: list[str]
    after: list[str]
    cost_cents: int
    emissions_g: int
    minutes: int


@router.get("/simulations", dependencies=READ)
def get_simulations(call: Caller, page: Paging) -> Listed[SimulationShown]:
    """All simulations of the last months, the newest first."""
    found = call.read(lambda tx: asking.list_simulations(tx, page.after_id("sim"), page.rows_max))
    return page.show(found, show, lambda each: public_id("sim", each.id))


@router.post("/simulations", status_code=201, response_model=SimulationShown, dependencies=CONFIG)
def post_simulation(body: SimulationBody, call: Caller, once: Once) -> Response:
    """Replay orders against strategies beside what counts now; nothing else is written."""
    source = source_of(body)

    def work(tx: Tx) -> SimulationShown:
        drafts = asking.find_drafts(tx, body.strategies)
        return show(asking.ask(tx, call.by, drafts, source, (call.new_id, call.now)))

    return once.run(work)


@router.post(
    "/simulations/{simulation_id}/cancellations",
    status_code=201,
    response_model=SimulationShown,
    dependencies=CONFIG,
)
def post_simulation_cancellation(
    simulation_id: SimulationId, _: CancellationBody, call: Caller, once: Once
) -> Response:
    """Call it off; the figures so far stay."""
    return once.run(lambda tx: show(asking.cancel(tx, call.by, simulation_id, call.now)))


@router.get("/simulations/{simulation_id}/orders", dependencies=READ)
def get_simulation_orders(
    simulation_id: SimulationId, call: Caller, page: Paging
) -> Listed[SimulatedOrderShown]:
    """The orders that change, as they came; known once it is done."""
    after = page.after_parts(1)[0] or "0"
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise Refusal("cursor_invalid")

    def read(tx: Tx) -> tuple[tuple[int, Changed], ...]:
        return asking.list_changed(tx, simulation_id, int(after), page.rows_max)

    return page.show(call.read(read), lambda each: show_order(each[1]), lambda each: str(each[0]))


@router.get(
    "/simulations/{simulation_id}/events",
    dependencies=READ,
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def get_simulation_events(
    simulation_id: SimulationId, call: Caller, request: Request
) -> Response:
    """Its state whenever that changes, as server-sent events: `progress`, and `end` at last."""

    def look() -> Simulation:
        return call.read(lambda tx: asking.find(tx, simulation_id))

    first = await run_in_threadpool(look)
    if not STREAMS.take():
        raise Refusal("queue_full")
    request.scope[ENDLESS] = True
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(follow(first, look), headers=headers, media_type="text/event-stream")


class Places:
    """So many may listen at once, in this process."""

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self) -> bool:
        if self._free == 0:
            return False
        self._free -= 1
        return True

    def leave(self) -> None:
        self._free += 1


STREAMS = Places(STREAMS_MAX)


async def follow(first: Simulation, look: Callable[[], Simulation]) -> AsyncIterator[str]:
    """Events until it is over, or whoever listens goes away."""
    try:
        found, silent = first, 0
        yield event(found)
        while not found.is_over:
            await asyncio.sleep(LOOK_SECONDS)
            seen = await run_in_threadpool(look)
            if (seen.state, seen.done) != (found.state, found.done):
                found, silent = seen, 0
                yield event(found)
            elif (silent := silent + 1) == ALIVE_LOOKS:
                silent = 0
                yield ": alive\n\n"
    finally:
        STREAMS.leave()


def event(found: Simulation) -> str:
    name = "end" if found.is_over else "progress"
    return f"event: {name}\ndata: {show(found).model_dump_json()}\n\n"


def source_of(body: SimulationBody) -> Source:
    return Source(
        days=body.days,
        generate=body.generate,
        seed=body.seed,
        orders=tuple(
            FileOrder(
                id=each.id,
                at=each.at,
                channel=each.channel,
                service=each.service,
                country=each.country,
                postal_code=each.postal_code,
                value=each.value,
                promised_by=each.promised_by,
                lines=tuple(FileLine(sku=line.sku, quantity=line.quantity) for line in each.lines),
            )
            for each in body.orders
        ),
    )


def show(found: Simulation) -> SimulationShown:
    result = found.result or {}
    return SimulationShown(
        id=public_id("sim", found.id),
        state=found.state,
        strategies=[each.code for each in found.strategies],
        total=found.total,
        done=found.done,
        arms=[ArmShown(**each) for each in result.get("arms", ())],
        gaps=result.get("gaps", []),
        reason=found.reason,
        asked_by=found.asked_by,
        asked_at=found.asked_at,
        ended_at=found.ended_at,
    )


def show_order(each: Changed) -> SimulatedOrderShown:
    return SimulatedOrderShown(
        order=each.reference,
        strategy=each.arm,
        before=list(each.before),
        after=list(each.after),
        cost_cents=each.cents,
        emissions_g=each.grams,
        minutes=each.minutes,
    )
