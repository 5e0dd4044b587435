"""A flood of wrong passwords: what it does to whoever orders meanwhile."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report, goal_of
from bench.serving import CHECKOUT, HOST, Server, Visit, serve, visit
from bench.stage import Size, Stage, open_stage

TRIES_PER_SECOND = 500
REACHED_MIN = 0.9  # Of those tries: with fewer it was no flood, and shows nothing.
CLIENTS = 16
WORKERS = 1
SHARE_MIN = 1 / 1.2  # Of the p99 without the flood.
WELCOME = {"401", "429", "503"}  # Wrong, or turned away.


@contextmanager
def flooding(server: Server, answers: "Counter[str]") -> Iterator[None]:
    """500 tries a second from outside; what they were answered is told at the end."""
    command = [sys.executable, "-m", "bench.knocking", HOST, str(server.crew.port)]
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
        yield
    finally:
        strangers.stdin.close()
        answers.update(msgspec.json.decode(strangers.stdout.read(), type=dict[str, int]))
        strangers.wait()


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    calm: list[float] = []
    flooded: list[float] = []
    tries: Counter[str] = Counter()
    seconds = 0.0
    with open_stage(Size(locations=5, items=500)) as stage, serve(stage, WORKERS) as server:
        facts = facts_of(stage.cluster)
        p99_of(stage, server, options, "warm")
        for _ in range(max(1, options.rounds)):
            calm.append(p99_of(stage, server, options, "calm"))
            began = time.perf_counter()
            with flooding(server, tries):
                flooded.append(p99_of(stage, server, options, "flooded"))
                seconds += time.perf_counter() - began
    figures = {
        "calm_p99_ms": min(calm),
        "flooded_p99_ms": min(flooded),
        "tries_per_second": tries.total() / seconds,
        **{f"answered_{status}": float(n) for status, n in sorted(tries.items())},
    }
    pair = (min(calm), min(flooded))
    goal = goal_of("p99 of orders, calm / flooded", CLIENTS, pair, SHARE_MIN)
    wrong = [f"{n} tries answered {each}" for each, n in tries.items() if each not in WELCOME]
    if figures["tries_per_second"] < REACHED_MIN * TRIES_PER_SECOND:
        wrong.append(f"only {figures['tries_per_second']:.0f} tries a second: that was no flood")
    return Report(benchmark="flood", facts=facts, goals=[goal], figures=figures, violations=wrong)


def p99_of(stage: Stage, server: Server, options: Options, name: str) -> float:
    asked = Visit(
        name=name,
        path="/v1/orders",
        clients=CLIENTS,
        seconds=options.seconds,
        warmup_seconds=options.warmup_seconds,
        skus=tuple(stage.size.skus()),
        expected=201,
    )
    return visit(stage, server, asked).p99_ms
