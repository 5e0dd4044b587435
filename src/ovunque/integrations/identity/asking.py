"""Providers of single sign-on, asked over the web: short questions, JSON back, no redirects."""

import http.client
import socket
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from ovunque.access.ports import ProviderSilent
from ovunque.integrations.webhooks import rules
from ovunque.integrations.webhooks.sending import Resolve, Sender, Unreachable, left, resolve
from ovunque.platform.http.peer import is_loopback

SECONDS_MAX = 5.0
BYTES_MAX = 1_000_000
PART_BYTES = 16_384
OK = 200
FORM = "application/x-www-form-urlencoded"


def why_not(url: str, *, inside: bool) -> str | None:
    """Why this provider is never asked; None: it may be.

    `inside` allows one of our own network, by https; without it only on this machine.
    """
    parts = rules.split(url)
    if parts is None or not parts.hostname or parts.query or parts.fragment:
        return "An issuer is an address without query and fragment."
    if inside and (parts.scheme == "https" or is_loopback(parts.hostname)):
        return rules.why_not(url, private=True)
    return rules.why_not(url, private=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks providers; `inside` allows those within our own network."""

    inside: bool = False
    seconds_max: float = SECONDS_MAX
    resolve: Resolve = field(default=resolve)

    def get(self, url: str) -> Mapping[str, Any]:
        return self._ask("GET", url, {}, None)

    def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> Mapping[str, Any]:
        headers = {"Content-Type": FORM}
        if basic is not None:
            told = ":".join(quote(each, safe="") for each in basic)  # RFC 6749, 2.3.1
            headers["Authorization"] = "Basic " + b64encode(told.encode()).decode()
        return self._ask("POST", url, headers, urlencode(form).encode())

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, Any]:
        parts = rules.split(url)
        if parts is None or why_not(parts._replace(query="").geturl(), inside=self.inside):
            raise ProviderSilent("an address that is never asked")
        deadline = monotonic() + self.seconds_max
        sender = Sender(private=self.inside, resolve=self.resolve)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = {"Host": parts.netloc, "Accept": "application/json", **headers}
        try:
            with sender.connect(parts, deadline) as plain:
                connection = http.client.HTTPConnection(str(parts.hostname), rules.port_of(parts))
                connection.sock = plain
                connection.request(method, path, body, named)
                return read_answer(connection.getresponse(), plain, deadline)
        except (OSError, ValueError, http.client.HTTPException, Unreachable) as error:
            raise ProviderSilent(type(error).__name__) from None


def read_answer(
    response: http.client.HTTPResponse, plain: socket.socket, deadline: float
) -> Mapping[str, Any]:
    """The document of an answer, however slowly it comes: the deadline is for all of it."""
    came = b""
    while part := response.read1(PART_BYTES):
        came += part
        if len(came) > BYTES_MAX:
            raise ProviderSilent("its answer is too large")
        plain.settimeout(left(deadline))
    return answer_of(response.status, came)


def answer_of(status: int, came: bytes) -> Mapping[str, Any]:
    if status != OK:
        raise ProviderSilent(f"it answers {status}")
    try:
        told = msgspec.json.decode(came, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ProviderSilent("its answer is no JSON object") from None
    return told
