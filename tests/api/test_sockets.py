"""Slow, endless and broken requests on a real socket: answered, closed, and nobody else waits."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from tests.loops import run

from ovunque.platform.clock import new_id_source
from ovunque.platform.http.draining import Draining
from ovunque.platform.http.edge import Edge, Surroundings
from ovunque.platform.http.express import Express, Plain, Turned
from ovunque.platform.http.limits import HEAD_BYTES_MAX, Limits
from ovunque.platform.http.protocol import uvicorn_options
from ovunque.platform.settings import Settings

PATIENCE_SECONDS = 0.2
DEADLINE_SECONDS = 5

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message: Message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def know(query: bytes, _: bytes) -> Plain | None:
    """What is answered at once; nothing is known about what is odd."""
    return None if query == b"odd" else Plain(b"known " + query, b'"mark"')


def gate(headers: Mapping[bytes, bytes], client: Any) -> Turned | str:
    """Who says so is turned away."""
    assert client[0] == "127.0.0.1"
    if b"x-stranger" in headers:
        return Turned(503, ((b"content-length", b"4"), (b"retry-after", b"2")), b"busy")
    return "known"


@asynccontextmanager
async def serving(draining: Draining | None = None) -> AsyncIterator[int]:
    """A server in this loop, on a port of its own."""
    limits = Limits(receipt_seconds_max=PATIENCE_SECONDS)
    around = Surroundings(limits=limits, new_id=new_id_source(), routes={})
    options = dict(uvicorn_options(Settings(receipt_seconds_max=PATIENCE_SECONDS), draining))
    house = Express(Edge(echo, around), {"/hot": know}, "0" * 16, {"/door": gate})
    config = uvicorn.Config(house, **options | {"lifespan": "off"})
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        yield listening.getsockname()[1]
        await server.shutdown(sockets=[listening])


def told(talk: Talk) -> bytes:
    """Everything that the server says until it closes the connection."""

    async def conversation() -> bytes:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return await asyncio.wait_for(talk(reader, writer), DEADLINE_SECONDS)
            finally:
                writer.close()

    return run(conversation())


def sent(*parts: bytes) -> bytes:
    """What comes back for these bytes, when nothing follows them."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()

    return told(talk)


def code_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"connection: close" in head
    return int(head.split(b" ")[1]), json.loads(body)["code"]


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"G",),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nX-",),
        (b"\r\n", b"\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HT"),
    ],
    ids=["silence", "a letter", "half a head", "blank lines", "a request and a half"],
)
def test_a_head_has_to_arrive_in_time(parts: tuple[bytes, ...]) -> None:
    answer = sent(*parts)
    if len(parts) == 2 and parts[0].startswith(b"GET"):
        whole, _, answer = answer.partition(b"\r\n\r\n")
        assert whole.startswith(b"HTTP/1.1 200")
    assert code_of(answer) == (408, "request_timeout")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",
        b"GET /" + b"a" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * HEAD_BYTES_MAX,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 2_000_000,
    ],
    ids=["a long header", "a long address", "many headers", "a header without end"],
)
def test_a_head_has_a_bound(head: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(head)
        try:
            return await reader.read()
        except ConnectionResetError:  # It was closed while we still wrote: bounded as well.
            return b""

    if answer := told(talk):
        assert code_of(answer) == (431, "headers_too_large")


@pytest.mark.parametrize(
    "noise",
    [b"\x16\x03\x01\x02\x00", b"HELO there\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 50],
)
def test_what_is_no_http_is_told_so(noise: bytes) -> None:
    assert code_of(sent(noise)) == (400, "malformed_http")


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("part", [b"", b"{", b"{" + b" " * 70_000])
def test_a_body_has_to_arrive_in_time(part: bytes) -> None:
    answer = sent(POST + b"Content-Length: 100000\r\n\r\n" + part)
    assert code_of(answer) == (408, "request_timeout")


def test_a_body_in_parts_has_to_arrive_in_time() -> None:
    answer = sent(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", b"1\r\n")
    assert code_of(answer) == (408, "request_timeout")


def test_a_body_that_is_too_large_is_not_waited_for() -> None:
    answer = sent(POST + b"Content-Length: 9999999\r\n\r\n")
    assert code_of(answer) == (413, "body_too_large")


def test_a_large_body_behind_a_small_head_is_fine() -> None:
    body = b"x" * 100_000
    request = POST + b"Connection: close\r\nContent-Length: 100000\r\n\r\n"
    answer = sent(request + body)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(body)


def test_one_connection_serves_many_requests() -> None:
    request = POST + b"Content-Length: 2\r\n\r\nok"
    last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert sent(request, request + request, last).count(b"HTTP/1.1 200 OK") == 4


def test_a_head_only_answer_has_no_body() -> None:
    answer = sent(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")


def test_who_is_served_by_a_process_that_leaves_is_sent_to_another() -> None:
    """An open connection still gets its answer, and with it the word that it was the last."""
    draining, request = Draining(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    async def conversation() -> tuple[bytes, bytes]:
        async with serving(draining) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            before = await reader.readuntil(b"\r\n\r\n")
            draining.begun = True
            writer.write(request)
            after = await asyncio.wait_for(reader.read(), DEADLINE_SECONDS)
            writer.close()
            return before, after

    before, after = run(conversation())
    assert b"connection: close" not in before
    assert after.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in after


HOT = b"GET /hot?%s HTTP/1.1\r\nHost: x\r\n%s\r\n"


def answers_to(*requests: bytes) -> list[tuple[bytes, bytes]]:
    """Head and body of each answer on one connection; the last request asks to close it."""
    said, found = sent(*requests), []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append((head, rest[:length]))
        said = rest[length:]
    return found


def test_what_is_known_is_answered_at_once_and_in_turn() -> None:
    """Asked in one breath with what takes the long way, each gets its answer in its place."""
    slow = POST + b"Content-Length: 4\r\n\r\nslow"
    last = HOT % (b"last", b"Connection: close\r\n")
    first, second = HOT % (b"first", b""), HOT % (b"second", b"")
    answers = answers_to(first + second + slow + second, first, last)
    bodies = [body for _, body in answers]
    assert bodies == [
        b"known first",
        b"known second",
        b"slow",
        b"known second",
        b"known first",
        b"known last",
    ]
    for head, body in answers:
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (b'etag: "mark"' in head) == body.startswith(b"known")
        assert b"\r\nx-request-id: " in head


@pytest.mark.parametrize(
    "request_",
    [
        HOT % (b"odd", b"Connection: close\r\n"),
        (HOT % (b"x", b"Connection: close\r\n")).replace(b"GET", b"HEAD"),
        HOT % (b"x", b"Connection: close\r\nContent-Length: 0\r\n"),
        b"GET /cold HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=["nothing is known", "a head only", "a length", "another path"],
)
def test_what_is_out_of_the_ordinary_takes_the_long_way(request_: bytes) -> None:
    answer = sent(request_)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"known" not in answer


def test_who_cannot_keep_a_connection_is_answered_and_let_go() -> None:
    answer = sent(b"GET /hot?old HTTP/1.0\r\nHost: x\r\n\r\n")
    assert answer.endswith(b"known old")
    assert b"connection: close" in answer


def test_who_has_it_already_is_told_so() -> None:
    asked = HOT % (b"x", b'If-None-Match: "mark"\r\n')
    closing = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert sent(asked, closing).startswith(b"HTTP/1.1 304 Not Modified\r\n")


DOOR = b"POST /door HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_whom_a_gate_turns_away_is_answered_once_their_form_has_come() -> None:
    stranger = DOOR + b"X-Stranger: 1\r\nContent-Length: 4\r\n\r\n"
    known = DOOR + b"Content-Length: 4\r\n\r\nfour"
    answer = sent(stranger + b"fo", b"ur" + stranger + b"four", known, LAST)
    assert answer.count(b"HTTP/1.1 503") == 2
    assert answer.count(b"retry-after: 2\r\n\r\nbusy") == 2
    assert answer.count(b"HTTP/1.1 200") == 2, "the connection serves on"
    assert b"\r\n\r\nfour" in answer


def test_a_form_that_never_comes_keeps_no_connection() -> None:
    half = DOOR + b"X-Stranger: 1\r\nContent-Length: 4\r\n\r\nfo"
    assert code_of(sent(half)) == (408, "request_timeout")
    large = DOOR + b"X-Stranger: 1\r\nContent-Length: 9999\r\n\r\nfo"
    assert b"connection: close" in (told := sent(large))
    assert told.startswith(b"HTTP/1.1 503")
