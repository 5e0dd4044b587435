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
from ovunque.platform.http.limits import HEAD_BYTES_MAX
from ovunque.platform.settings import Settings

KEEP_ALIVE_SECONDS = 30
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
    _refusal: Refusal | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._withdraw_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._expect_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(Refusal("headers_too_large", bytes_max=HEAD_BYTES_MAX))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()  # It may begin behind the end of another one.

    def on_headers_complete(self) -> None:
        self._withdraw_deadline()
        self._in_head = False
        length = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if length > HEAD_BYTES_MAX:
            self._refusal = Refusal("headers_too_large", bytes_max=HEAD_BYTES_MAX)
            raise _HeadTooLarge
        super().on_headers_complete()
        if self.draining.begun and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

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
