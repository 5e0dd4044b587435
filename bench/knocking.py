"""Strangers in a process of their own who try names and passwords at a pace that nobody slows down.

Each try names somebody else, from somewhere else: no counter of tries ever stops it. They keep
their connections, as an attacker would who wants much for little. The machine is the server's, too,
so this is as light as Python allows: plain sockets, bytes that are made before, one thread. They
end with their standard input, and then say what they were answered.
"""

import re
import select
import socket
import sys
import time
from collections import Counter, deque
from http.client import HTTPConnection
from itertools import cycle

import msgspec

KNOCKERS = 60  # So many wait for their answers at once.
TRIES = 8_192  # Different ones, made before; then the first comes again.
FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
STATUS = slice(9, 12)
BYTES_MAX = 65_536


def tries_of(host: str, port: int) -> list[bytes]:
    """The tries' bytes; all carry the key of one form, so that those let through are hashed."""
    connection = HTTPConnection(host, port, timeout=30)
    connection.request("GET", "/sign-in")
    page = connection.getresponse()
    cookie = (page.getheader("set-cookie") or "").partition(";")[0]
    found = FORM_KEY.search(page.read().decode())
    connection.close()
    assert found, "the door has a form"
    return [_try(nth, f"{host}:{port}", cookie, found[1]) for nth in range(TRIES)]


def _try(nth: int, host: str, cookie: str, form_key: str) -> bytes:
    body = f"login=n{nth}&password=wrong&next=/&form_key={form_key}"
    return (
        f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Forwarded-For: 10.{nth >> 16 & 255}.{nth >> 8 & 255}.{nth & 255}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Knockers:
    """Connections of which each has one try under way at most."""

    def __init__(self, host: str, port: int, tries: list[bytes]) -> None:
        self.answers: Counter[str] = Counter()
        self._tries = cycle(tries)
        self._came: dict[int, bytes] = {}
        self._doors = [socket.create_connection((host, port)) for _ in range(KNOCKERS)]
        self._by_fd = {door.fileno(): door for door in self._doors}
        self._free = deque(self._doors)
        self._ears = select.epoll()
        for door in self._doors:
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ears.register(door, select.EPOLLIN)
        self._ears.register(sys.stdin, select.EPOLLIN | select.EPOLLHUP)

    def knock(self) -> None:
        """One more try, unless all still wait for an answer."""
        if self._free:
            self._free.popleft().sendall(next(self._tries))

    def listen(self, seconds: float) -> bool:
        """Take the answers that come meanwhile; whether to go on."""
        for fd, _ in self._ears.poll(seconds):
            if fd == sys.stdin.fileno():
                return False
            self._hear(self._by_fd[fd])
        return True

    def _hear(self, door: socket.socket) -> None:
        fd = door.fileno()
        came = self._came.pop(fd, b"") + (piece := door.recv(BYTES_MAX))
        if not piece:
            self.answers["closed"] += 1
            self._ears.unregister(fd)
            return
        head, end = came.find(HEAD_END), LENGTH.search(came)
        if head < 0 or end is None or len(came) < head + len(HEAD_END) + int(end[1]):
            self._came[fd] = came
            return
        self.answers[came[STATUS].decode("latin-1")] += 1
        self._free.append(door)


def knock(host: str, port: int, tries: list[bytes], per_second: float) -> "Counter[str]":
    """Until standard input ends."""
    knockers = Knockers(host, port, tries)
    print("begun", flush=True)
    due = time.perf_counter()
    while knockers.listen(max(0.0, due - time.perf_counter())):
        if time.perf_counter() >= due:
            knockers.knock()
            due += 1 / per_second
    return knockers.answers


if __name__ == "__main__":
    _, at, own, asked, pace = sys.argv  # The form comes from one port, the tries go to another.
    told = knock(at, int(asked), tries_of(at, int(own)), float(pace))
    sys.stdout.buffer.write(msgspec.json.encode(dict(told)))
