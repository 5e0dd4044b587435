"""How much of a request is taken, of what kind, and how long it may take to arrive."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Message, Receive

from ovunque.kernel.refusal import Refusal

HEAD_BYTES_MAX = 16_384
BULK_BYTES_PER_SECOND_MIN = 100_000

JSON = frozenset({"application/json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of every request; `bulk` names the paths that take more, and what they take."""

    kinds: frozenset[str] = JSON
    body_bytes_max: int = 1_000_000
    bulk_bytes_max: int = 64_000_000
    receipt_seconds_max: float = 10.0
    bulk: Mapping[str, frozenset[str]] = field(default_factory=dict)
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)  # As much, of other kinds.


def kind_of(headers: Mapping[bytes, bytes]) -> str:
    """What a body says it is, without the details."""
    told = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return told.decode("latin-1")


class Receipt:
    """Receives one request within its bounds: bytes are counted as they come, not afterwards.

    A bulk body may take longer than others, but has to keep coming at a fair pace.
    """

    __slots__ = (
        "_asked",
        "_bytes_max",
        "_headers",
        "_is_bulk",
        "_kind",
        "_kinds",
        "_receive",
        "_seconds",
        "_since",
        "_taken",
        "done",
    )

    def __init__(
        self, receive: Receive, path: str, headers: Mapping[bytes, bytes], limits: Limits
    ) -> None:
        self._receive = receive
        self._headers = headers
        self._seconds = limits.receipt_seconds_max
        self._since = 0.0
        self._asked = False
        self._taken = 0
        bulk = limits.bulk.get(path, frozenset[str]())
        plain = limits.others.get(path, frozenset() if bulk else limits.kinds)
        self._kind = kind_of(headers)
        self._kinds = bulk | plain
        self._is_bulk = bool(bulk) and self._kind not in plain
        self._bytes_max = limits.bulk_bytes_max if self._is_bulk else limits.body_bytes_max
        empty = headers.get(b"content-length", b"0") == b"0"
        self.done = empty and b"transfer-encoding" not in headers

    async def receive(self) -> Message:
        """The next part of the body; refused when it is too much, too slow or of another kind."""
        if self.done:
            return await self._receive()
        if not self._asked:
            self._begin()
        try:
            async with asyncio.timeout_at(self._deadline()):
                message = await self._receive()
        except TimeoutError:
            raise Refusal("request_timeout", seconds=f"{self._seconds:g}") from None
        if message["type"] != "http.request":
            return message
        self._taken += len(message.get("body", b""))
        if self._taken > self._bytes_max:
            raise self._too_large()
        self.done = not message.get("more_body", False)
        return message

    def _begin(self) -> None:
        self._asked = True
        self._since = asyncio.get_running_loop().time()
        announced = self._headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._bytes_max:
            raise self._too_large()
        if self._kind not in self._kinds or b"content-encoding" in self._headers:
            raise Refusal("unsupported_media_type", wanted=" or ".join(sorted(self._kinds)))

    def _deadline(self) -> float:
        pace = self._taken / BULK_BYTES_PER_SECOND_MIN if self._is_bulk else 0
        return self._since + self._seconds + pace

    def _too_large(self) -> Refusal:
        return Refusal("body_too_large", bytes_max=self._bytes_max)
