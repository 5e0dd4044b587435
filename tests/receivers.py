"""A program that takes webhooks, on a real socket, and does what its script says."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

import msgspec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
HUGE = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 100_000
NOISE = b"\x00\x01\x02 not http\r\n\r\n"
DRIP, CLOSE = b"drip", b"close"  # A byte at a time, for ever; no answer at all.


@dataclass
class Taken:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, object]:
        told: dict[str, object] = msgspec.json.decode(self.body)
        return told


@dataclass
class Receiver:
    """Answers one request after the other by its script; behind its end, 200."""

    script: list[bytes] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    port: int = 0
    ending: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?shop=1"

    def types(self) -> list[object]:
        return [each.said["type"] for each in self.taken]

    def serve(self, door: socket.socket) -> None:
        while not self.ending.is_set():
            with suppress(OSError):
                connection, _ = door.accept()
                with connection:
                    self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        came = b""
        while b"\r\n\r\n" not in came:
            came += connection.recv(65_536)
        head, _, body = came.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65_536)
        self.taken.append(Taken(headers, body))
        answer = self.script.pop(0) if self.script else OK
        if answer == DRIP:
            while not self.ending.wait(0.02):
                connection.sendall(b"H")
        elif answer != CLOSE:
            connection.sendall(answer)


@contextmanager
def receiving(script: Sequence[bytes] = ()) -> Iterator[Receiver]:
    """A receiver on a free port of this machine, until the end."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.1)
        receiver = Receiver(script=list(script), port=door.getsockname()[1])
        thread = Thread(target=receiver.serve, args=(door,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.ending.set()
            thread.join()
