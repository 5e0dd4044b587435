"""A flood of wrong passwords: what it does to whoever orders meanwhile."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from urllib.parse import urlencode

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report, goal_of
from bench.serving import HOST, Server, Visit, serve, visit
from bench.stage import Size, Stage, open_stage

TRIES_PER_SECOND = 500
KNOCKERS = 60  # So many wait for their answers at once.
REACHED_MIN = 0.5  # Of those tries: with fewer it was no flood, and shows nothing.
CLIENTS = 16
WORKERS = 1
SHARE_MIN = 1 / 1.2  # Of the p99 without the flood.
FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')


@dataclass
class Flood:
    """Each try names somebody else, from somewhere else: no counter of tries ever stops it."""

    port: int
    answers: Counter[int] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)
    nth: Iterator[int] = field(default_factory=count)

    def knock(self) -> None:
        connection = HTTPConnection(HOST, self.port, timeout=30)
        connection.request("GET", "/sign-in")
        page = connection.getresponse()
        cookie = (page.getheader("set-cookie") or "").partition(";")[0]
        found = FORM_KEY.search(page.read().decode())
        assert found, "the door has a form"
        due = time.perf_counter()
        while not self.ending.is_set():
            due += KNOCKERS / TRIES_PER_SECOND
            self.ending.wait(max(0.0, due - time.perf_counter()))
            nth = next(self.nth)
            form = {"login": f"n{nth}", "password": "wrong", "form_key": found[1], "next": "/"}
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookie,
                "X-Forwarded-For": f"10.{nth >> 16 & 255}.{nth >> 8 & 255}.{nth & 255}",
            }
            try:
                connection.request("POST", "/sign-in", urlencode(form), headers)
                answer = connection.getresponse()
                answer.read()
                self.answers[answer.status] += 1
            except (OSError, HTTPException):
                self.answers[0] += 1
                connection.close()


@contextmanager
def flooding(server: Server) -> Iterator[Flood]:
    flood = Flood(server.crew.port)
    knockers = [threading.Thread(target=flood.knock) for _ in range(KNOCKERS)]
    for each in knockers:
        each.start()
    yield flood
    flood.ending.set()
    for each in knockers:
        each.join()


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    with open_stage(Size(locations=5, items=500)) as stage, serve(stage, WORKERS) as server:
        facts = facts_of(stage.cluster)
        calm: list[float] = []
        flooded: list[float] = []
        tries: Counter[int] = Counter()
        seconds = 0.0
        for _ in range(max(1, options.rounds)):
            calm.append(p99_of(stage, server, options, "calm"))
            began = time.perf_counter()
            with flooding(server) as flood:
                flooded.append(p99_of(stage, server, options, "flooded"))
            seconds += time.perf_counter() - began
            tries.update(flood.answers)
    best = min(zip(calm, flooded, strict=True), key=lambda pair: pair[1] / pair[0])
    figures = {
        "calm_p99_ms": best[0],
        "flooded_p99_ms": best[1],
        "tries_per_second": tries.total() / seconds,
        **{f"answered_{status}": float(n) for status, n in sorted(tries.items())},
    }
    goal = goal_of("p99 of orders, calm / flooded", CLIENTS, best, SHARE_MIN)
    wrong = [f"{tries[each]} tries answered {each}" for each in (0, 200, 303, 500) if tries[each]]
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
