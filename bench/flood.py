"""A flood of wrong passwords: what it does to whoever orders meanwhile.

Orders come at a pace that leaves the house time, as shoppers come whom nobody turns away; and
besides without a pause, where whatever else takes a processor delays them. The crowd shares the
machine with what it knocks at, so the same crowd also sends the same tries to a bystander who knows
nothing: what that costs the orders is the crowd's, the rest is ours.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import product
from statistics import median

import msgspec

from bench.machine import facts_of
from bench.options import Options
from bench.points import Point, least_disturbed
from bench.report import Goal, Report, goal_of
from bench.serving import CHECKOUT, HOST, Server, Visit, serve, visit
from bench.stage import Size, Stage, open_stage

TRIES_PER_SECOND = 500
REACHED_MIN = 0.9  # Of those tries: with fewer it was no flood, and shows nothing.
CLIENTS = 16  # Without a pause they keep the house busy.
SHOPPERS = 128  # At a pace: more than ever wait at once.
PACE_SHARE = 0.25  # Of what the house can keep. Who comes alone costs more: it is half busy.
WORKERS = 1
SHARE_MIN = 1 / 1.2  # Of the p99 without the flood.
WELCOME = {"401", "429", "503"}  # Wrong, or turned away.
CALM, ELSEWHERE, FLOODED = "calm", "crowd elsewhere", "crowd at our door"
AT_A_PACE, WITHOUT_A_PAUSE = "at a pace", "without a pause"


@contextmanager
def bystander() -> Iterator[tuple[int, int]]:
    """Somebody else to knock at: the process, and its port."""
    command = [sys.executable, "-m", "bench.bystander", HOST]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT)
    assert other.stdin is not None
    assert other.stdout is not None
    yield other.pid, int(other.stdout.readline())
    other.stdin.close()
    other.wait()


@contextmanager
def crowd(server: Server, port: int, answers: "Counter[str]") -> Iterator[int]:
    """500 tries a second from outside at this port; what they were answered is told at the end."""
    command = [sys.executable, "-m", "bench.knocking", HOST, str(server.crew.port), str(port)]
    strangers = subprocess.Popen(
        [*command, str(TRIES_PER_SECOND)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert strangers.stdin is not None
    assert strangers.stdout is not None
    strangers.stdout.readline()
    try:
        yield strangers.pid
    finally:
        strangers.stdin.close()
        answers.update(msgspec.json.decode(strangers.stdout.read(), type=dict[str, int]))
        strangers.wait()


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own; the arms take turns."""
    answers: dict[str, Counter[str]] = {ELSEWHERE: Counter(), FLOODED: Counter()}
    seconds = dict.fromkeys(answers, 0.0)
    with (
        open_stage(Size(locations=5, items=500)) as stage,
        serve(stage, WORKERS) as server,
        bystander() as (other, port),
    ):
        facts = facts_of(stage.cluster)
        doors = {ELSEWHERE: port, FLOODED: server.crew.port}
        busy = orders_of(stage, server, options, ("warm", None), {})
        loads = {AT_A_PACE: busy.per_second * PACE_SHARE, WITHOUT_A_PAUSE: None}
        points: list[Point] = []
        for nth, (load, pace) in product(range(max(1, options.rounds)), loads.items()):
            order = partial(orders_of, stage, server, options)
            points.append(order((f"{load}, {CALM}", pace), {}))
            for arm in sorted(doors, reverse=bool(nth % 2)):
                began = time.perf_counter()
                visited = partial(order, (f"{load}, {arm}", pace))
                points.append(beset(visited, server, (doors[arm], other), answers[arm]))
                seconds[arm] += time.perf_counter() - began
    paces = {arm: answers[arm].total() / seconds[arm] for arm in answers}
    best = {name: min(_p99s(points, name)) for name in dict.fromkeys(each.name for each in points)}
    return Report(
        benchmark="flood",
        facts=facts,
        points=least_disturbed(points),
        goals=list(_goals(best)),
        figures={
            **{f"{name}: p99 ms, best round": p99 for name, p99 in best.items()},
            **{f"{name}: p99 ms, median round": median(_p99s(points, name)) for name in best},
            **{f"{arm}: tries a second": pace for arm, pace in paces.items()},
            **{f"tries answered {each}": float(n) for each, n in sorted(answers[FLOODED].items())},
            **_cpu_of(points),
        },
        violations=_violations(answers[FLOODED], paces),
    )


def _goals(best: dict[str, float]) -> Iterator[Goal]:
    """Demanded where nothing is left to spare; at a pace the p99 is a few rare moments' matter."""
    for load, arm in product((WITHOUT_A_PAUSE, AT_A_PACE), (CALM, ELSEWHERE)):
        figures = best[f"{load}, {arm}"], best[f"{load}, {FLOODED}"]
        clients, least = (SHOPPERS, None) if load == AT_A_PACE else (CLIENTS, SHARE_MIN)
        yield goal_of(f"p99 of orders {load}, {arm} / {FLOODED}", clients, figures, least)


def beset(
    visited: Callable[[dict[str, int]], Point],
    server: Server,
    place: tuple[int, int],
    answers: "Counter[str]",
) -> Point:
    """Orders while a crowd knocks at a port; the other number is the bystander's process."""
    port, other = place
    with crowd(server, port, answers) as strangers:
        return visited({"strangers": strangers, "bystander": other})


def orders_of(
    stage: Stage,
    server: Server,
    options: Options,
    load: tuple[str, float | None],
    company: dict[str, int],
) -> Point:
    """What who orders sees meanwhile; a load has a name and a pace, or no pause."""
    name, pace = load
    asked = Visit(
        name=name,
        path="/v1/orders",
        clients=CLIENTS if pace is None else SHOPPERS,
        seconds=options.seconds,
        warmup_seconds=options.warmup_seconds,
        skus=tuple(stage.size.skus()),
        expected=201,
        pace=pace,
    )
    return visit(stage, server, asked, company)


def _p99s(points: Sequence[Point], name: str) -> list[float]:
    return [point.p99_ms for point in points if point.name == name]


def _cpu_of(points: Sequence[Point]) -> dict[str, float]:
    """Milliseconds of processor a second that each part took in each arm, the median of rounds."""
    used: dict[str, list[float]] = {}
    for point in points:
        for part, us in point.cpu_us.items():
            name = f"{point.name}: {part}, cpu ms a second"
            used.setdefault(name, []).append(us * point.per_second / 1_000)
    return {name: median(spent) for name, spent in sorted(used.items())}


def _violations(answers: "Counter[str]", paces: dict[str, float]) -> list[str]:
    wrong = [f"{n} tries answered {each}" for each, n in answers.items() if each not in WELCOME]
    few = {arm: pace for arm, pace in paces.items() if pace < REACHED_MIN * TRIES_PER_SECOND}
    wrong += [f"{arm}: only {pace:.0f} tries a second: no flood" for arm, pace in few.items()]
    return wrong
