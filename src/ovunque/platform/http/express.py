"""The short way for the few questions that are asked thousands of times a second.

An express answers what it can answer at once, from memory. Whatever is out of the ordinary takes
the long way through the edge, so that there is one place that refuses and explains. It writes no
line for each answer: its figures stand beside all others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from ovunque.platform.http.edge import HEADERS, TRACEPARENT
from ovunque.platform.telemetry import REQUEST_SECONDS, REQUESTS

OK, NOT_MODIFIED = 200, 304
TRACE_MASK = (1 << 64) - 1

Pairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Plain:
    """An answer that is known: its body and the mark by which it is known again."""

    body: bytes
    etag: bytes


# What is asked (the query, and who asks by their Authorization header); None: take the long way.
Answerer = Callable[[bytes, bytes], Plain | None]


class Express:
    """Stands before an application and answers `GET` of some paths by itself.

    `lead` begins the numbers of this process's answers: sixteen digits that no other one has.
    """

    def __init__(self, app: ASGIApp, answerers: Mapping[str, Answerer], lead: str) -> None:
        self.app = app
        self._lines = {path: Line(path, each, lead) for path, each in answerers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = self._lines.get(scope.get("path", ""))
        if line is None or scope.get("method") != "GET":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        try:
            answer = line.answer(scope)
        except Exception:
            answer = None  # It will come again on the long way, and be told there.
        if answer is None:
            await self.app(scope, receive, send)
            return
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        line.account(status, perf_counter() - started)


class Line:
    """One path with its figures."""

    def __init__(self, path: str, answerer: Answerer, lead: str) -> None:
        self._answerer = answerer
        self._counters = {
            status: REQUESTS.labels(path, "GET", status) for status in (OK, NOT_MODIFIED)
        }
        self._clock = REQUEST_SECONDS.labels(path)
        self._lead = lead.encode()
        self._nth = 0

    def answer(self, scope: Scope) -> tuple[int, Pairs, bytes] | None:
        asked: dict[bytes, bytes] = dict(scope["headers"])
        if b"content-length" in asked or b"transfer-encoding" in asked:
            return None
        plain = self._answerer(scope["query_string"], asked.get(b"authorization", b""))
        if plain is None:
            return None
        body, status = plain.body, OK
        if asked.get(b"if-none-match") == plain.etag:
            body, status = b"", NOT_MODIFIED
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"etag", plain.etag),
            *COMMON,
            (b"x-request-id", self._trace(asked)),
        ]
        return status, headers, body

    def _trace(self, asked: Mapping[bytes, bytes]) -> bytes:
        """The caller's own number, or the next of ours; nobody has to draw chance for that."""
        given = asked.get(b"traceparent")
        if given and (found := TRACEPARENT.fullmatch(given)):
            return found[1]
        self._nth += 1
        return b"%s%016x" % (self._lead, self._nth & TRACE_MASK)

    def account(self, status: int, seconds: float) -> None:
        self._counters[status].inc()
        self._clock.observe(seconds)


COMMON: Pairs = [*HEADERS.items()]
