"""Simulations are asked for, run by the worker, looked at while they run, and called off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId, public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.simulation import store
from ovunque.simulation.model import Simulation, Source, State
from ovunque.simulation.replaying import Changed
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Strategy
from ovunque.sourcing.rules.findings import faults_of

ASKED, ENDED = "simulation.asked", "simulation.ended"
STRATEGIES_MAX, OPEN_MAX = 4, 10
DAYS_MAX, GENERATED_MAX, ORDERS_MAX = 365, 100_000, 5_000
KEPT = timedelta(days=90)
ATTEMPTS_MAX = 3


def ask(
    tx: Tx, by: Actor, strategies: Sequence[Strategy], source: Source, at: tuple[NewId, datetime]
) -> Simulation:
    """A simulation that the worker will run; `at`: its id and now."""
    refuse(strategies, source)
    new_id, now = at
    store.forget(tx, now - KEPT)
    if store.count_open(tx) >= OPEN_MAX:
        raise Refusal("queue_full")
    found = Simulation(
        id=new_id(),
        strategies=tuple(strategies),
        source=source,
        state=State.WAITING,
        asked_by=by.name,
        asked_at=now,
    )
    store.add(tx, found)
    body = {"strategies": [each.code for each in strategies]}
    journal.record(tx, [_fact(ASKED, found, body)], by=by.name, at=now)
    return found


def refuse(strategies: Sequence[Strategy], source: Source) -> None:
    """Say all that is wrong with what is asked."""
    faults = []
    if not 1 <= len(strategies) <= STRATEGIES_MAX:
        detail = f"Between 1 and {STRATEGIES_MAX} strategies."
        faults.append(Fault("/strategies", "out_of_bounds", detail))
    if len({each.code for each in strategies}) < len(strategies):
        faults.append(Fault("/strategies", "duplicate", "Each of them once."))
    if sum(map(bool, (source.days, source.generate, source.orders))) != 1:
        detail = "Say one of them: days, generate or orders."
        faults.append(Fault("/days", "missing", detail))
    bounds = (
        ("days", source.days, DAYS_MAX),
        ("generate", source.generate, GENERATED_MAX),
        ("orders", len(source.orders), ORDERS_MAX),
    )
    faults += [
        Fault(f"/{name}", "out_of_bounds", f"Between 1 and {most}.")
        for name, told, most in bounds
        if not 0 <= told <= most
    ]
    if faults:
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def find_drafts(tx: Tx, codes: Sequence[str]) -> tuple[Strategy, ...]:
    """The drafts of some strategies, or what was published of them last."""
    found = tuple(publishing.find_strategy(tx, code).latest for code in codes)
    for each in found:
        publishing.refuse(faults_of(each))
    return found


def cancel(tx: Tx, by: Actor, id_: UUID, now: datetime) -> Simulation:
    """Call it off; the figures so far stay. What is over already stays as it is."""
    found = find(tx, id_)
    if store.end(tx, id_, State.CANCELED, None, now):
        journal.record(tx, [_fact(ENDED, found, {"state": State.CANCELED})], by=by.name, at=now)
    return find(tx, id_)


def end(tx: Tx, by: Actor, found: Simulation, reason: str | None, now: datetime) -> bool:
    """Done, or failed for a reason; False when it was called off meanwhile."""
    state = State.DONE if reason is None else State.FAILED
    ended = store.end(tx, found.id, state, reason, now)
    if ended:
        journal.record(tx, [_fact(ENDED, found, {"state": state})], by=by.name, at=now)
    return ended


def find(tx: Tx, id_: UUID) -> Simulation:
    found = store.find(tx, id_)
    if found is None:
        raise Refusal("not_found", what="simulation")
    return found


def list_simulations(tx: Tx, before: UUID | None = None, limit: int = 50) -> tuple[Simulation, ...]:
    """The newest first."""
    return store.list_simulations(tx, before, limit)


def list_changed(tx: Tx, id_: UUID, after: int, limit: int) -> tuple[tuple[int, Changed], ...]:
    """The orders that change behind a number, with theirs; known once all are replayed."""
    return store.list_changed(tx, find(tx, id_).id, after, limit)


def list_worst(tx: Tx, id_: UUID, limit: int) -> tuple[Changed, ...]:
    """Those whose cost changes most."""
    return store.list_worst(tx, id_, limit)


def _fact(kind: str, found: Simulation, body: dict[str, Any]) -> Fact:
    return Fact(kind=kind, subject=public_id("sim", found.id), body=body)
