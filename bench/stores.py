"""Many stores look at their lists at once: what their open lines cost, and how soon news is there.

Also what a store's first page weighs, by the files that it names.
"""

import asyncio
import gzip
import re
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

import numpy as np
from tests.worlds import place_code, place_id

from bench.machine import facts_of, read
from bench.options import Options
from bench.points import MeasuringError
from bench.report import Report, goal_of
from bench.serving import HOST, Server, serve_url
from bench.stage import BUYERS, Size, Stage, open_stage
from ovunque.access.enrolling import PersonRequest, create_person
from ovunque.access.entering import SignInRequest, enter
from ovunque.access.hashing import conceal
from ovunque.access.model import Role
from ovunque.kernel.ids import NewId
from ovunque.platform import journal
from ovunque.platform.clock import new_id_source, new_secret, now
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Fact

STORES = 300
WORKERS = 2
NEWS_PER_SECOND = 20
P95_MS_MAX = 1_000.0  # On the other screen within a second.
SHELL_KB_MAX = 60.0  # Packed, without letters.
FILES = re.compile(r'(?:href|src)="(/static/[^"#]+\.(?:css|js|svg))')
MODULES = re.compile(r'"(\./[a-z_-]+\.js)"')
PROCESSES = Path("/proc")
PSS = re.compile(r"^Pss:\s+(\d+)", re.MULTILINE)


def run(options: Options) -> Report:
    """300 stores of one house, each with its list open; 20 facts a second among them."""
    with open_stage(Size(locations=STORES, items=10)) as stage:
        url = stage.fresh_url()
        options.tell(f"{STORES} people are entered")
        lines = enter_all(url)
        with serve_url(url, WORKERS) as server:
            figures = asyncio.run(measure(stage, url, server, lines, options.seconds))
            figures |= weigh(server, lines[0][1])
        goals = [
            goal_of(
                "ms allowed / ms until news is there, p95",
                STORES,
                (P95_MS_MAX, figures["ms until news is there, p95"]),
                1.0,
            ),
            goal_of("kB allowed / kB of the shell", 1, (SHELL_KB_MAX, figures["kB, packed"]), 1.0),
        ]
        facts = facts_of(stage.cluster)
    lost = figures["news not heard"]
    return Report(
        benchmark="stores",
        facts=facts,
        goals=goals,
        figures=figures,
        violations=[f"{lost:.0f} news were not heard"] if lost else [],
    )


def enter_all(url: str) -> list[tuple[UUID, str]]:
    """Somebody at each store, signed in: where they are, and their token."""
    new_id = new_id_source()
    with Database(url) as database:
        return [
            database.transact(lambda tx, nth=nth: enter_one(tx, nth, new_id))  # type: ignore[misc]
            for nth in range(STORES)
        ]


def enter_one(tx: Tx, nth: int, new_id: NewId) -> tuple[UUID, str]:
    person = PersonRequest(
        id=new_id(),
        login=f"store-{nth}",
        name=f"Store {nth}",
        role=Role.ASSOCIATE,
        secret=conceal("correct horse battery", b"0123456789abcdef"),
        location_id=place_id(tx, place_code(nth)),
    )
    asked = SignInRequest(
        session_id=new_id(),
        login=person.login,
        password=person.secret.told,
        address=HOST,
        token=new_secret(),
    )
    shown = create_person(tx, BUYERS, person, now()), person.secret.kept
    enter(tx, shown, asked, now())
    assert person.location_id is not None
    return person.location_id, asked.token


async def measure(
    stage: Stage, url: str, server: Server, lines: Sequence[tuple[UUID, str]], seconds: float
) -> dict[str, float]:
    """Open all lines, let them rest, then tell."""
    heard: dict[UUID, list[float]] = {at: [] for at, _ in lines}
    before_kb = memory_kb(server.pid)
    ready = [asyncio.Event() for _ in lines]
    tasks = [
        asyncio.create_task(listen(server.crew.port, token, heard[at], is_open))
        for (at, token), is_open in zip(lines, ready, strict=True)
    ]
    await asyncio.wait_for(asyncio.gather(*(each.wait() for each in ready)), 60)
    roots = {"api": server.pid, "postgres": stage.server}
    began = read(roots)
    await asyncio.sleep(seconds)
    rested = read(roots)
    told = await asyncio.to_thread(tell_all, url, [at for at, _ in lines], seconds)
    await asyncio.sleep(2)
    done = read(roots)
    for task in tasks:
        task.cancel()
    late = [
        next((1_000 * (there - at) for there in heard[store] if there >= at), None)
        for store, at in told
    ]
    found = [each for each in late if each is not None]
    if not found:
        raise MeasuringError("no news was heard")
    p50, p95, most = np.percentile(found, [50, 95, 100])
    spans = (rested.at - began.at, done.at - rested.at)
    return {
        "lines open": float(len(lines)),
        "MB of the server before": before_kb / 1_000,
        "MB of the server with all lines": memory_kb(server.pid) / 1_000,
        "% of a core at rest": 100 * (rested.cpu["api"] - began.cpu["api"]) / spans[0],
        "% of a core with news": 100 * (done.cpu["api"] - rested.cpu["api"]) / spans[1],
        "news told": float(len(told)),
        "news not heard": float(len(late) - len(found)),
        "ms until news is there, p50": float(p50),
        "ms until news is there, p95": float(p95),
        "ms until news is there, most": float(most),
    }


async def listen(port: int, token: str, heard: list[float], is_open: asyncio.Event) -> None:
    """One open line; when each news was there."""
    reader, writer = await asyncio.open_connection(HOST, port)
    asked = f"GET /live HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: ovunque={token}\r\n\r\n"
    writer.write(asked.encode())
    try:
        while line := await reader.readline():
            if line.startswith(b"event: open"):
                is_open.set()
            if line.startswith(b"event: news"):
                heard.append(time.perf_counter())
    finally:
        writer.close()


def tell_all(url: str, places: Sequence[UUID], seconds: float) -> list[tuple[UUID, float]]:
    """Facts at a steady pace, one store after the other; when each was committed."""
    told: list[tuple[UUID, float]] = []
    began = time.perf_counter()
    with Database(url) as database:
        for nth in range(min(len(places), int(seconds * NEWS_PER_SECOND))):
            time.sleep(max(0.0, began + nth / NEWS_PER_SECOND - time.perf_counter()))
            at = places[nth]
            start = time.perf_counter()
            tell(database, Fact(kind="offer.opened", subject="bench", body={"location": at}))
            told.append((at, start))
    return told


def tell(database: Database, fact: Fact) -> None:
    database.transact(lambda tx: journal.record(tx, [fact], by=BUYERS.name, at=now()))


def memory_kb(root: int) -> float:
    """What a process and its children hold, each its share of what they hold together."""
    children = (PROCESSES / f"{root}/task/{root}/children").read_text().split()
    own = re.search(
        r"^Pss:\s+(\d+)", (PROCESSES / f"{root}/smaps_rollup").read_text(), re.MULTILINE
    )
    return float(own[1] if own else 0) + sum(memory_kb(int(each)) for each in children)


def weigh(server: Server, token: str) -> dict[str, float]:
    """The list of a store and every file that it needs to be drawn, plain and packed."""

    def get(path: str) -> bytes:
        connection = HTTPConnection(HOST, server.crew.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": f"ovunque={token}"})
        body = connection.getresponse().read()
        connection.close()
        return body

    page = get("/tasks")
    names, known = FILES.findall(page.decode()), set[str]()
    bodies = [page]
    while names:
        name = names.pop()
        if name in known:
            continue
        known.add(name)
        body = get(name)
        bodies.append(body)
        if name.endswith(".js"):
            folder = name.rpartition("/")[0]
            names += [f"{folder}/{each[2:]}" for each in MODULES.findall(body.decode())]
    return {
        "files of the shell": float(len(bodies)),
        "kB, plain": sum(map(len, bodies)) / 1_000,
        "kB, packed": sum(len(gzip.compress(each, 6)) for each in bodies) / 1_000,
    }
