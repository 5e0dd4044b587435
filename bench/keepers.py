"""Shoppers whose carts are kept: each holds, gives back, and holds the next one."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import uvloop
from tests.worlds import CHANNEL

from bench.buyers import Load
from bench.machine import read
from bench.points import Done, Point, Window, between, point_of
from bench.stage import BUYERS, Stage
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.holding import AskedHold, HoldRequest, Releasing
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Intake
from ovunque.platform.database import Database
from ovunque.platform.idempotency import Key, digest
from ovunque.platform.settings import Settings

CREATED = 201
RELEASED = 201
MINUTES = 15
MEASUREMENTS = count()


@dataclass(slots=True)
class Run:
    """A measurement under way."""

    load: Load
    intake: Intake
    named: Iterator[str]
    done: list[Done] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    ending: bool = False


def measure(stage: Stage, load: Load) -> Point:
    """Carts kept and given back by one house with one intake; a cart counts once, for both."""
    stage.settle()
    measurement = next(MEASUREMENTS)
    with (
        Database(stage.url) as database,
        furnish(Settings(), database, answer_in_loop) as services,
    ):
        run = Run(load, services.intake, (f"keeper-{measurement}-{nth}" for nth in count()))
        window = uvloop.run(_drive(stage, run))
    accepted = run.statuses.pop("given back", 0)
    return point_of(
        load.name,
        load.clients,
        run.done,
        window,
        accepted=accepted,
        failed=run.statuses.total(),
        wrong=tuple(run.statuses),
    )


async def _drive(stage: Stage, run: Run) -> Window:
    roots = {"client": os.getpid(), "postgres": stage.server}
    keepers = [asyncio.create_task(_keep(run)) for _ in range(run.load.clients)]
    await asyncio.sleep(run.load.warmup_seconds)
    before = read(roots)
    await asyncio.sleep(run.load.seconds)
    after = read(roots)
    run.ending = True
    await asyncio.gather(*keepers)
    return between(before, after)


async def _keep(run: Run) -> None:
    while not run.ending:
        name, cart = next(run.named), tuple(next(run.load.carts))
        began = time.perf_counter()
        try:
            run.statuses[await _hold_and_release(run.intake, name, cart)] += 1
        except Refusal as refusal:
            run.statuses[refusal.code] += 1
        ended = time.perf_counter()
        run.done.append(Done(ended, ended - began))


async def _hold_and_release(intake: Intake, name: str, cart: tuple[tuple[str, int], ...]) -> str:
    """What came of it; every shopper has a name of their own."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Answered] = loop.create_future()
    request = HoldRequest(channel=CHANNEL, lines=cart, minutes=MINUTES, reference=name)
    intake.submit_hold(AskedHold(request=request, key=_key(name, "hold"), by=BUYERS), answer)
    held = (await answer).answer
    if held.status != CREATED:
        return f"not held: {held.status}"
    hold_id = parse_public_id("hld", _id_in(held.body))
    answer = loop.create_future()
    releasing = Releasing(hold_id=hold_id, key=_key(name, "release"), by=BUYERS)
    intake.submit_release(releasing, answer)
    released = (await answer).answer
    return "given back" if released.status == RELEASED else f"not released: {released.status}"


def _id_in(body: bytes) -> str:
    """The hold's id, without reading the rest: the client's time is not what is measured."""
    start = body.index(b'"hld_') + 1
    return body[start : body.index(b'"', start)].decode()


def _key(name: str, step: str) -> Key:
    return Key(BUYERS.client_id, f"{name}-{step}", digest("POST", "/v1/holds", name))
