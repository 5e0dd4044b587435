"""One message on its way: out by a socket of our own, and the first lines of the answer back.

No HTTP library: the name is resolved once and that very address is connected to, the whole
exchange has one deadline, no redirect is followed, and of the answer only its head is read.
"""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import SplitResult

from ovunque.integrations.webhooks import rules

SECONDS_MAX = 15.0
HEAD_BYTES_MAX = 16_384
HEAD_END = b"\r\n\r\n"

Resolve = Callable[[str, int], Sequence[str]]


class Unreachable(Exception):  # noqa: N818 - the world failed, not we
    """No answer; the message says why, in words that may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a receiver answered, and when it wants to be asked again."""

    status: int
    retry_after: str | None

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    def wait(self, now: datetime) -> float | None:
        """The seconds it asks for; None where it does not."""
        told = (self.retry_after or "").strip()
        if told.isascii() and told.isdigit():
            return float(told[:9])
        try:
            at = parsedate_to_datetime(told)
        except ValueError:
            return None
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends messages; `private` allows receivers inside, which only tests and demos want."""

    private: bool = False
    seconds_max: float = SECONDS_MAX
    resolve: Resolve = resolve

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to a message; `Unreachable` when there is none in time."""
        if detail := rules.why_not(url, private=self.private):
            raise Unreachable(detail)
        parts = rules.split(url)
        assert parts is not None
        deadline = monotonic() + self.seconds_max
        try:
            with self.connect(parts, deadline) as connection:
                connection.sendall(request_bytes(parts, headers, body))
                return reply_of(read_head(connection, deadline))
        except TimeoutError:
            raise Unreachable(f"no answer within {self.seconds_max:g} seconds") from None
        except (OSError, ValueError) as error:
            raise Unreachable(str(error)[:200] or type(error).__name__) from None

    def connect(self, parts: SplitResult, deadline: float) -> socket.socket:
        """A socket to an address that is public, its name checked where it is https."""
        host, port = str(parts.hostname), rules.port_of(parts)
        addresses = self.resolve(host, port)
        inside = [each for each in addresses if not rules.is_public(ip_address(each))]
        if not addresses or (inside and not self.private):
            raise Unreachable("this name leads inside a network")
        plain = socket.create_connection((addresses[0], port), timeout=left(deadline))
        plain.settimeout(left(deadline))
        if parts.scheme == "http":
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def left(deadline: float) -> float:
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def request_bytes(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named: dict[str, Any] = {
        "Host": parts.netloc,
        **headers,
        "Content-Length": len(body),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def read_head(connection: socket.socket, deadline: float) -> bytes:
    """The head of the answer, however slowly it comes: the deadline is for all of it."""
    came = b""
    while HEAD_END not in came:
        if len(came) > HEAD_BYTES_MAX:
            raise ValueError("the head of the answer is too large")
        connection.settimeout(left(deadline))
        part = connection.recv(4_096)
        if not part:
            raise ValueError("the connection was closed without an answer")
        came += part
    return came.partition(HEAD_END)[0]


def reply_of(head: bytes) -> Reply:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ValueError("the answer is no HTTP")
    named = (line.partition(":")[::2] for line in lines)
    told = {name.strip().lower(): value.strip() for name, value in named}
    return Reply(status=int(words[1]), retry_after=told.get("retry-after"))
