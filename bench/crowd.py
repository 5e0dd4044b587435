"""A crowd of clients in a process of its own: keep-alive connections, one request at a time each.

Each asks again as soon as it has its answer, or they come at a pace, as shoppers do: then a slow
answer keeps nobody from coming, and counts from when it was due. As light as Python allows, since
it shares the machine with the server: bytes out, bytes in, no HTTP library. Run as a program: it
says when it begins, and writes what it saw to a file.
"""

import asyncio
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
STATUS = slice(9, 12)


class Task(msgspec.Struct, kw_only=True, frozen=True):
    """What a crowd does. Without items it asks for `path`; else it orders two of them at a time."""

    host: str
    port: int
    token: str
    path: str
    clients: int
    seconds: float
    expected: int
    name: str
    skus: list[str] = []
    pace: float | None = None  # Requests a second, however long the answers take.


class Seen(msgspec.Struct, kw_only=True):
    """When each answer came and how long it took, what it said, and the first wrong one."""

    at: list[float]
    seconds: list[float]
    statuses: dict[str, int]
    wrong: str | None = None


def requests_of(task: Task) -> Iterator[bytes]:
    """The next request's bytes, as many as are asked for."""
    head = f"Host: {task.host}:{task.port}\r\nAuthorization: Bearer {task.token}\r\n"
    if not task.skus:
        while True:
            yield f"GET {task.path} HTTP/1.1\r\n{head}\r\n".encode()
    chance = random.Random(task.name)
    head = f"POST {task.path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
    nth = 0
    while True:
        nth += 1
        key = f"{task.name}-{nth}"
        body = order_body(key, chance.sample(task.skus, 2))
        yield f"{head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def order_body(buyer: str, skus: list[str]) -> bytes:
    price = {"amount": 4990, "currency": "EUR"}
    address = {
        "street": "Via Torino 1",
        "postal_code": "20123",
        "city": "Milano",
        "country": "IT",
    }
    return msgspec.json.encode(
        {
            "channel": "web-it",
            "customer": {"name": buyer, "email": f"{buyer}@example.com"},
            "lines": [{"sku": sku, "quantity": 1, "unit_price": price} for sku in skus],
            "delivery": {"service": "home", "address": address},
        }
    )


class Crowd:
    """What all clients share."""

    def __init__(self, task: Task) -> None:
        self.requests = requests_of(task)
        self.expected = str(task.expected).encode()
        self.at: list[float] = []
        self.seconds: list[float] = []
        self.statuses: Counter[bytes] = Counter()
        self.wrong: bytes | None = None
        self.ending = False
        self.pace = task.pace
        self.free: deque[Client] = deque()  # In turn: the server lets go of who asks nothing.
        self.due: deque[float] = deque()  # When those should have been asked who wait.

    async def come(self) -> None:
        """At a pace: whoever is due asks, or waits for a free client."""
        assert self.pace is not None
        due = time.perf_counter()
        while not self.ending:
            self.due.append(due)
            if self.free:
                self.go_on(self.free.popleft())
            due += 1 / self.pace
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    def go_on(self, client: "Client") -> None:
        """What a client does that has nothing under way."""
        if self.ending:
            client.leave()
        elif self.pace is None:
            client.ask(time.perf_counter())
        elif self.due:
            client.ask(self.due.popleft())
        else:
            self.free.append(client)


class Client(asyncio.Protocol):
    """One connection: the next request goes out when the answer is complete."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._came = b""
        self._began = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._note(f"000 connection lost: {exc}".encode())
            self.done.set_result(None)

    def ask(self, due: float) -> None:
        self._began = due
        self._transport.write(next(self._crowd.requests))

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, body = self._came.partition(HEAD_END)
        if not found:
            return
        at = head.lower().index(LENGTH) + len(LENGTH)
        if len(body) < int(head[at:].partition(b"\r")[0]):
            return
        self._note(self._came[STATUS.start :])
        self._came = b""
        self._crowd.go_on(self)

    def leave(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        self._transport.close()

    def _note(self, answer: bytes) -> None:
        now, crowd = time.perf_counter(), self._crowd
        status = answer[:3]
        crowd.statuses[status] += 1
        if status == crowd.expected:
            crowd.at.append(now)
            crowd.seconds.append(now - self._began)
        elif crowd.wrong is None:
            crowd.wrong = answer[:500]


async def run(task: Task) -> Seen:
    """Everybody connects first, then all begin; whoever waits at the end gets an answer."""
    loop, crowd = asyncio.get_running_loop(), Crowd(task)
    connecting = [
        loop.create_connection(lambda: Client(crowd), task.host, task.port)
        for _ in range(task.clients)
    ]
    clients = [client for _, client in await asyncio.gather(*connecting)]
    print("begun", flush=True)
    for client in clients:
        crowd.go_on(client)
    coming = asyncio.create_task(crowd.come()) if task.pace else None
    await asyncio.sleep(task.seconds)
    crowd.ending = True
    if coming is not None:
        await coming
    for client in crowd.free:
        client.leave()
    await asyncio.gather(*(client.done for client in clients))
    return Seen(
        at=crowd.at,
        seconds=crowd.seconds,
        statuses={status.decode("latin-1"): count for status, count in crowd.statuses.items()},
        wrong=crowd.wrong.decode(errors="replace") if crowd.wrong else None,
    )


def main(task_file: str, seen_file: str) -> None:
    task = msgspec.json.decode(Path(task_file).read_bytes(), type=Task)
    Path(seen_file).write_bytes(msgspec.json.encode(uvloop.run(run(task))))


if __name__ == "__main__":
    main(*sys.argv[1:])
