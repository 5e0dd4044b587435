"""Strangers in a process of their own who try names and passwords at a pace that nobody slows down.

Each try names somebody else, from somewhere else: no counter of tries ever stops it. As light as
Python allows, since it shares the machine with the server; it ends with its standard input, and
then says what it was answered.
"""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import count
from typing import cast

import msgspec
import uvloop

KNOCKERS = 60  # So many wait for their answers at once.
FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
LENGTH = b"content-length: "
STATUS = slice(9, 12)


def tries_of(host: str, port: int) -> Iterator[bytes]:
    """The next try's bytes; all carry the key of one form, so that those let through are hashed."""
    connection = HTTPConnection(host, port, timeout=30)
    connection.request("GET", "/sign-in")
    page = connection.getresponse()
    cookie = (page.getheader("set-cookie") or "").partition(";")[0]
    found = FORM_KEY.search(page.read().decode())
    connection.close()
    assert found, "the door has a form"
    for nth in count():
        body = f"login=n{nth}&password=wrong&next=/&form_key={found[1]}"
        yield (
            f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Forwarded-For: 10.{nth >> 16 & 255}.{nth >> 8 & 255}.{nth & 255}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class Knocker(asyncio.Protocol):
    """One connection, one try at a time; `due` ones wait for the answer before them."""

    def __init__(self, tries: Iterator[bytes], answers: "Counter[str]") -> None:
        self._tries, self._answers = tries, answers
        self._came, self._due, self._waits = b"", 0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._answers["closed"] += 1

    def knock(self) -> None:
        self._due += 1
        self._go_on()

    def _go_on(self) -> None:
        if self._due and not self._waits and not self._transport.is_closing():
            self._due, self._waits = self._due - 1, True
            self._transport.write(next(self._tries))

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        at = head.lower().find(LENGTH) + len(LENGTH)
        if not end or len(body) < int(head[at:].partition(b"\r")[0]):
            return
        self._answers[self._came[STATUS].decode("latin-1")] += 1
        self._came, self._waits = b"", False
        self._go_on()


async def knock(host: str, port: int, per_second: float) -> "Counter[str]":
    """Until standard input ends."""
    loop, answers = asyncio.get_running_loop(), Counter[str]()
    ending = loop.run_in_executor(None, sys.stdin.read)
    tries = tries_of(host, port)
    connecting = [
        loop.create_connection(lambda: Knocker(tries, answers), host, port) for _ in range(KNOCKERS)
    ]
    knockers = [knocker for _, knocker in await asyncio.gather(*connecting)]
    print("begun", flush=True)
    due = loop.time()
    while not ending.done():
        for knocker in knockers:
            knocker.knock()
            due += 1 / per_second
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
    return answers


if __name__ == "__main__":
    told = uvloop.run(knock(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.buffer.write(msgspec.json.encode(dict(told)))
