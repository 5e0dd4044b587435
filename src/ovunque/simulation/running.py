"""Simulations at work: one after the other, each in a process of its own that may die at any time.

The database is not open while the process forks: each strategy gets a process of its own.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import chain
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from threading import Event

import msgspec
import structlog

from ovunque.access.model import SYSTEM
from ovunque.kernel.refusal import Refusal
from ovunque.platform import clock, refusals
from ovunque.platform.database import Database, Tx, first_line
from ovunque.simulation import asking, store
from ovunque.simulation.model import Simulation
from ovunque.simulation.preparing import Prepared, prepare
from ovunque.simulation.replaying import Replay, Run, replay
from ovunque.simulation.sharing import apart
from ovunque.simulation.telling import document_of

SAVE_SECONDS = 0.5  # Between two looks at how far it is.
LOOK_SECONDS = 0.5
REASON_MAX = 200
NICE = 10  # Orders come first.

Clock = Callable[[], datetime]

log = structlog.get_logger()


def run_next(url: str, now: Clock, run: Run = apart) -> bool:
    """Run the simulation that waits longest, to its end; False when none does."""
    with Database(url) as database:
        found = database.transact(lambda tx: store.claim(tx, now()))
    if found is None:
        return False
    try:
        if found.attempts > asking.ATTEMPTS_MAX:
            raise Refusal("invalid", detail="whoever ran it died, again and again.")
        with Database(url) as database:
            prepared = prepare(database, found.strategies, found.source, now())
        play(url, found, prepared, now, run)
    except Refusal as refusal:
        fail(url, found, refusals.explain(refusal), now())
    except Exception as error:
        log.exception("simulation.failed")
        fail(url, found, first_line(error), now())
    return True


def fail(url: str, found: Simulation, reason: str, now: datetime) -> None:
    with Database(url) as database:
        database.transact(lambda tx: asking.end(tx, SYSTEM, found, reason[:REASON_MAX], now))


def play(url: str, found: Simulation, prepared: Prepared, now: Clock, run: Run) -> None:
    """Replay, say now and then how far it is, and stop when it was called off."""
    states = replay(prepared.snapshot, prepared.orders, prepared.arms, prepared.shelf, run)
    first = next(states)  # From here on the processes of the strategies are there.
    said = 0.0
    with Database(url) as database:
        for state in chain([first], states):
            if time.monotonic() - said < SAVE_SECONDS:
                continue
            said = time.monotonic()
            told = told_of(found, state, prepared.gaps)
            if not database.transact(partial(store.save_progress, each=told, now=now())):
                states.close()
                return
        finish(database, told_of(found, state, prepared.gaps), state, now())


def told_of(found: Simulation, state: Replay, gaps: tuple[str, ...]) -> Simulation:
    result = document_of(state) | {"gaps": list(gaps)}
    return msgspec.structs.replace(found, total=state.total, done=state.done, result=result)


def finish(database: Database, told: Simulation, state: Replay, now: datetime) -> None:
    """The figures and the orders that change, at once, or nothing if it is not ours any more."""

    def work(tx: Tx) -> None:
        if store.save_progress(tx, told, now):
            store.add_changed(tx, told.id, state.changed)
            asking.end(tx, SYSTEM, told, None, now)

    database.transact(work)


def work_in_process(url: str) -> None:
    """One simulation, by a process that has nothing else to do."""
    with suppress(OSError):
        os.nice(NICE)
    run_next(url, clock.now)


def run_due(url: str, database: Database, ending: Event) -> int:
    """Start a process when one waits, and stay until it has ended or we are to end."""
    if not database.read(lambda tx: store.is_due(tx, clock.now())):
        return 0
    process = get_context("spawn").Process(target=work_in_process, args=(url,), name="simulation")
    process.start()
    wait_for(process, ending)
    return 1


def wait_for(process: BaseProcess, ending: Event) -> None:
    while process.is_alive() and not ending.is_set():
        process.join(LOOK_SECONDS)
    if process.is_alive():  # Another worker begins it anew.
        process.terminate()
        process.join()
