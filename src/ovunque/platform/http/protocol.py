"""The bytes before a request is one: how large a head may be, and how long it may take.

uvicorn takes any number of header bytes and waits for the rest of them for ever.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ovunque.kernel.refusal import Refusal
from ovunque.platform.http import problems
from ovunque.platform.http.draining import Draining
from ovunque.platform.http.express import ADMITTED, Express, Turned, written
from ovunque.platform.http.limits import HEAD_BYTES_MAX
from ovunque.platform.settings import Settings

KEEP_ALIVE_SECONDS = 30
FORM_BYTES_MAX = 4_096  # Of a form that a gate turns away; longer ones take the long way.
ENDING_SECONDS_MAX = 12  # For answers under way; a client that never reads is not waited for.
ENDLESS = "ovunque.endless"  # In the scope of an answer that never ends by itself.


class _HeadTooLarge(Exception):  # noqa: N818 - breaks off the parser
    pass


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose heads have a bound and a deadline."""

    head_seconds_max = 10.0
    draining = Draining()
    _head_bytes = 0
    _in_head = True
    _begun = False  # A head whose end has not come.
    _answered = False  # A request that was answered before it became one of the application's.
    _turned: bytes | None = None  # Told once the whole form has come; nobody reads it.
    _refusal: Refusal | None = None
    _deadline: asyncio.TimerHandle | None = None
    _told: tuple[object, bytes] = (None, b"")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._withdraw_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._begun:  # Most heads come in one piece, and need no clock.
            self._expect_head()
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(Refusal("headers_too_large", bytes_max=HEAD_BYTES_MAX))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        self._withdraw_deadline()
        self._in_head = self._begun = False
        length = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if length > HEAD_BYTES_MAX:
            self._refusal = Refusal("headers_too_large", bytes_max=HEAD_BYTES_MAX)
            raise _HeadTooLarge
        self._answered = self._answer_at_once() or self._turn_away()
        if self._answered:
            return
        super().on_headers_complete()
        if self.draining.begun and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        if not self._answered:
            super().on_message_complete()
        elif self._turned is not None:
            self._withdraw_deadline()
            self.transport.write(self._turned)
            self._turned = None
            self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def _answer_at_once(self) -> bool:
        """Write the answer that is known already: no task, no waiting, nobody in between.

        Only where nothing is out of the ordinary, and when no answer before it is under way.
        """
        if not isinstance(self.app, Express) or not self._is_plain(b"GET"):
            return False
        answer = self.app.at_once(self.url, self.headers, self._default_headers())
        if answer is None:
            return False
        self.transport.write(answer)
        self.on_response_complete()
        return True

    def _turn_away(self) -> bool:
        """Whether a gate lets this form no further: no task is made, nothing of it is kept."""
        if not isinstance(self.app, Express) or not self._is_plain(b"POST"):
            return False
        length = dict(self.headers).get(b"content-length", b"")
        if not length.isdigit() or int(length) > FORM_BYTES_MAX:
            return False
        asked = self.app.ask(self.url, self.headers, self.client)
        if isinstance(asked, str):
            self.scope[ADMITTED] = asked  # type: ignore[literal-required]
        if not isinstance(asked, Turned):
            return False
        self._turned = written(asked, self._default_headers())
        self._expect_head()  # The rest of the form has the time of a head to come.
        return True

    def _is_plain(self, method: bytes) -> bool:
        return (
            self.parser.get_method() == method
            and (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self.draining.begun
            and not self.transport.is_closing()
        )

    def _default_headers(self) -> bytes:
        """The date, put together once a second."""
        given = self.server_state.default_headers
        if self._told[0] is not given:
            told = b"".join(b"%s: %s\r\n" % pair for pair in given)
            type(self)._told = (given, told)
        return self._told[1]

    def shutdown(self) -> None:
        """An answer without an end is broken off: whoever reads it comes back by itself."""
        if self.cycle is not None and self.scope.get(ENDLESS):
            self.transport.close()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in one form
        self._refuse(self._refusal or Refusal("malformed_http"))

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds_max, self._give_up)

    def _withdraw_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self._refuse(Refusal("request_timeout", seconds=f"{self.head_seconds_max:g}"))

    def _refuse(self, refusal: Refusal) -> None:
        answer = problems.response(refusal, {"connection": "close"})
        head = [STATUS_LINE[answer.status_code]]
        head += [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
        self.transport.write(b"".join((*head, b"\r\n", answer.body)))
        self.transport.close()


def uvicorn_options(settings: Settings, draining: Draining | None = None) -> Mapping[str, Any]:
    """What uvicorn is started with, besides the application, its address and its processes."""
    told = {
        "head_seconds_max": settings.receipt_seconds_max,
        "draining": draining or Draining(),
    }
    return {
        "http": type("Protocol", (BoundedProtocol,), told),
        "ws": "none",
        "lifespan": "on",
        "access_log": False,  # The edge writes its own line.
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": ENDING_SECONDS_MAX,
    }
