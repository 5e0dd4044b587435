"""The short way for the few questions that are asked thousands of times a second.

An express answers what it can answer at once, from memory. Whatever is out of the ordinary takes
the long way through the edge, so that there is one place that refuses and explains. It writes no
line for each answer: its figures stand beside all others.

A gate stands before some forms: whom it turns away costs next to nothing, however many they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ovunque.platform.http.edge import HEADERS, TRACEPARENT
from ovunque.platform.telemetry import REQUEST_SECONDS, REQUESTS

OK, NOT_MODIFIED = 200, 304
ADMITTED = "ovunque.admitted"  # In the scope: how somebody got past a gate.
TRACE_MASK = (1 << 64) - 1

Pair = tuple[bytes, bytes]
Pairs = list[Pair]


@dataclass(frozen=True, slots=True)
class Plain:
    """An answer that is known: its body and the mark by which it is known again."""

    body: bytes
    etag: bytes


# What is asked (the query, and who asks by their Authorization header); None: take the long way.
Answerer = Callable[[bytes, bytes], Plain | None]


@dataclass(frozen=True, slots=True)
class Turned:
    """Nobody gets further here: the whole answer, all headers but those of the server itself."""

    status: int
    pairs: tuple[Pair, ...]
    body: bytes


# Who comes, by their headers and where they connect from: turned away, or admitted as what.
Gate = Callable[[Mapping[bytes, bytes], Any], Turned | str]
NO_GATES: Mapping[str, Gate] = MappingProxyType({})


class Express:
    """Stands before an application and answers `GET` of some paths by itself.

    `lead` begins the numbers of this process's answers: sixteen digits that no other one has.
    `gates` say of a `POST` to their path whether it is looked at.
    """

    def __init__(
        self,
        app: ASGIApp,
        answerers: Mapping[str, Answerer],
        lead: str,
        gates: Mapping[str, Gate] = NO_GATES,
    ) -> None:
        self.app = app
        self._gates = {path.encode(): gate for path, gate in gates.items()}
        self._lines = {path: Line(path, each, lead) for path, each in answerers.items()}
        self._by_target = {path.encode(): line for path, line in self._lines.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """For servers that know nothing of us."""
        line = self._lines.get(scope.get("path", ""))
        found = None
        if line is not None and scope.get("method") == "GET":
            found = line.answer(scope["query_string"], scope["headers"])
        if found is None:
            turned = self._ask_gate(scope)
            if turned is None:
                await self.app(scope, receive, send)
            else:
                await turn_away(turned, send)
            return
        headers = [*COMMON, *found.pairs()]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": found.body})

    def _ask_gate(self, scope: Scope) -> Turned | None:
        if scope.get("method") != "POST" or ADMITTED in scope:
            return None
        asked = self.ask(scope["path"].encode(), scope["headers"], scope.get("client"))
        if isinstance(asked, str):
            scope[ADMITTED] = asked
            return None
        return asked

    def ask(self, target: bytes, headers: Pairs, client: Any) -> Turned | str | None:
        """What the gate of this path says; None where there is no gate."""
        gate = self._gates.get(target.partition(b"?")[0])
        return gate(dict(headers), client) if gate else None

    def at_once(self, target: bytes, headers: Pairs, before: bytes) -> bytes | None:
        """The bytes that answer a GET, for a server that asks before it makes a task of it.

        `before` are headers of the server's own. None: it takes the long way.
        """
        path, _, query = target.partition(b"?")
        line = self._by_target.get(path)
        found = line.answer(query, headers) if line else None
        if found is None:
            return None
        status, body, etag, trace = found
        own = (STATUS_LINE[status], before, COMMON_BYTES, len(body), etag, trace, body)
        return HEAD_AND_BODY % own


async def turn_away(turned: Turned, send: Send) -> None:
    """The body is not read, so the connection ends with the answer."""
    headers = [*turned.pairs, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": turned.status, "headers": headers})
    await send({"type": "http.response.body", "body": turned.body})


def written(turned: Turned, before: bytes) -> bytes:
    """The same as bytes, for a server that writes them itself."""
    lines = b"".join(b"%s: %s\r\n" % pair for pair in turned.pairs)
    return b"%s%s%s\r\n%s" % (STATUS_LINE[turned.status], before, lines, turned.body)


class Answered(NamedTuple):
    """What is the answer's own: all else is the same in each."""

    status: int
    body: bytes
    etag: bytes
    trace: bytes

    def pairs(self) -> Pairs:
        return [
            (b"content-length", b"%d" % len(self.body)),
            (b"etag", self.etag),
            (b"x-request-id", self.trace),
        ]


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

    def answer(self, query: bytes, headers: Iterable[Pair]) -> Answered | None:
        """The answer, or None for the long way."""
        started = perf_counter()
        asked = dict(headers)
        if b"content-length" in asked or b"transfer-encoding" in asked:
            return None
        try:
            plain = self._answerer(query, asked.get(b"authorization", b""))
        except Exception:
            return None  # It will come again on the long way, and be told there.
        if plain is None:
            return None
        body, status = plain.body, OK
        if asked.get(b"if-none-match") == plain.etag:
            body, status = b"", NOT_MODIFIED
        answered = Answered(status, body, plain.etag, self._trace(asked))
        self._counters[status].inc()
        self._clock.observe(perf_counter() - started)
        return answered

    def _trace(self, asked: Mapping[bytes, bytes]) -> bytes:
        """The caller's own number, or the next of ours; nobody has to draw chance for that."""
        given = asked.get(b"traceparent")
        if given and (found := TRACEPARENT.fullmatch(given)):
            return found[1]
        self._nth += 1
        return b"%s%016x" % (self._lead, self._nth & TRACE_MASK)


COMMON: Pairs = [(b"content-type", b"application/json"), *HEADERS.items()]
COMMON_BYTES = b"".join(b"%s: %s\r\n" % pair for pair in COMMON)
HEAD_AND_BODY = b"%s%s%scontent-length: %d\r\netag: %s\r\nx-request-id: %s\r\n\r\n%s"
