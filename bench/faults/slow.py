"""A thousand connections that never finish a request: do others notice, when are they closed?"""

import selectors
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np

from bench.faults.house import HOUSE, House, Verdict, furnish, item_names, keeping_house
from bench.faults.scenes import Played, Tell
from bench.points import MeasuringError
from bench.serving import Crew, Visit, read_seen, start_crowd
from ovunque.platform.embedded import throwaway
from ovunque.platform.settings import read_settings

CONNECTIONS = 1_000
CLIENTS = 4
ROUND_SECONDS = 6.0
RISE_MAX = 1.2
CLOSED_SECONDS_MAX = 10.0
LATE_SECONDS = 15.0  # Waited beyond that, to say how late.
SLACK_SECONDS = 0.5  # Of a clock that ticks on a busy machine.


@dataclass(frozen=True, slots=True)
class Held:
    """One round's connections: how they ended, and how long the last one was open."""

    ends: Counter[str]
    seconds: float


def hold_up(played: Played, rounds: int, tell: Tell) -> None:
    """Calm and strained rounds in turn, so that what else the machine does meets both alike."""
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        furnish(cluster)
        url = cluster.url(HOUSE)
        with keeping_house(url, url, 1) as house:
            house.worker.end()
            before = house.children(b"api")
            measure(house)
            calm: list[float] = []
            strained: list[float] = []
            held: list[Held] = []
            for _ in range(rounds):
                calm.append(measure(house))
                doors = open_all(house)
                began = monotonic()
                strained.append(measure(house))
                held.append(wait_until_closed(doors, began))
                tell(f"slow: p99 {calm[-1]:.1f} ms calm, {strained[-1]:.1f} ms held; {held[-1]}")
            alive = house.children(b"api") == before
    conclude(played, (calm, strained), held, alive=alive)


def conclude(
    played: Played,
    p99: tuple[Sequence[float], Sequence[float]],
    held: Sequence[Held],
    *,
    alive: bool,
) -> None:
    calm, strained = map(median, p99)
    longest = max(each.seconds for each in held)
    open_still = sum(each.ends["open"] for each in held)
    played.times, played.recoveries = len(held), [each.seconds for each in held]
    played.verdict = Verdict(accepted=0, lost=0, double=0, oversold=0, wrong=())
    played.notes.append(
        f"p99 of the others {calm:.1f} ms calm, {strained:.1f} ms held up "
        f"(x {strained / calm:.2f}); all {CONNECTIONS} closed after {longest:.2f} s at most"
    )
    if open_still:
        played.blemishes.append(f"{open_still} connections were still open")
    if longest > CLOSED_SECONDS_MAX + SLACK_SECONDS:
        played.blemishes.append(f"connections stayed open for {longest:.1f} s")
    if strained > calm * RISE_MAX:
        played.blemishes.append("the others waited longer by more than a fifth")
    if not alive:
        played.blemishes.append("a process died")


def measure(house: House) -> float:
    """The others' p99 in milliseconds: people who look what there is."""
    path = f"/v1/availability?channel=web-it&sku={item_names()[0]}"
    visit = Visit(name="look", path=path, clients=CLIENTS, seconds=ROUND_SECONDS, warmup_seconds=0)
    crew = Crew(port=house.port, token=house.token)
    with TemporaryDirectory(prefix="ovunque-slow-") as folder:
        with start_crowd(crew, visit, Path(folder)) as crowd:
            crowd.communicate()
        seen = read_seen(Path(folder))
    if not seen.seconds or seen.wrong:
        raise MeasuringError(f"nobody was answered: {seen.wrong}")
    return float(np.percentile(seen.seconds, 99)) * 1_000


def open_all(house: House) -> list[socket.socket]:
    """Silent ones, some that stop within a head, and some within a body."""
    token = f"Authorization: Bearer {house.token}\r\n"
    body = f"POST /v1/promises HTTP/1.1\r\nHost: x\r\n{token}Content-Type: application/json\r\n"
    halves = (
        b"",
        b"GET /v1/availability HTTP/1.1\r\nHost: x\r\nX-",
        f'{body}Content-Length: 200\r\n\r\n{{"channel":'.encode(),
    )
    doors = []
    for nth in range(CONNECTIONS):
        door = socket.create_connection(("127.0.0.1", house.port), timeout=30)
        door.sendall(halves[nth % len(halves)])
        door.setblocking(False)
        doors.append(door)
    return doors


def wait_until_closed(doors: Sequence[socket.socket], began: float) -> Held:
    """How each ended: with an answer that says why, without one, or not at all."""
    told: dict[socket.socket, bytes] = dict.fromkeys(doors, b"")
    deadline = began + CLOSED_SECONDS_MAX + LATE_SECONDS
    with selectors.DefaultSelector() as waiting:
        for door in doors:
            waiting.register(door, selectors.EVENT_READ, door)
        while waiting.get_map() and (left := deadline - monotonic()) > 0:
            hear_all(waiting, left, told)
        still = {key.data for key in waiting.get_map().values()}
    seconds = monotonic() - began
    ends = Counter("open" if door in still else status_of(told[door]) for door in doors)
    for door in doors:
        door.close()
    return Held(ends, seconds)


def hear_all(
    waiting: selectors.BaseSelector, seconds: float, told: dict[socket.socket, bytes]
) -> None:
    """What has come in the meantime; who is at the end is no longer waited for."""
    for key, _ in waiting.select(seconds):
        heard = hear(key.data)
        told[key.data] += heard
        if not heard:
            waiting.unregister(key.data)


def status_of(answer: bytes) -> str:
    return answer[9:12].decode() or "closed"


def hear(door: socket.socket) -> bytes:
    try:
        return door.recv(4_096)
    except OSError:
        return b""
