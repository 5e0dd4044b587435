"""How messages are signed, when they are tried again, and where we never send any."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from ovunque.integrations.webhooks.model import BACK_IN_STOCK, LOW_STOCK, STOCK_CHANGED, TYPES
from ovunque.kernel.refusal import Fault

SECRET_LEAD = "whsec_"  # noqa: S105 - no secret, but how one begins
ROTATION = timedelta(hours=24)  # How long the secret before signs, too.
URL_LENGTH_MAX = 500
PORTS = (443, 8443)
BODY_BYTES_MAX = 20_000

# Waits between ten tries: 75.6 hours in all.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS_MAX = len(WAITS) + 1
PATIENCE = sum(WAITS, timedelta())  # So long a webhook may take nothing before it is disabled.
FAILURES_BORNE = 3  # In a row, before the circuit opens.
PAUSE_FIRST = timedelta(seconds=10)
PAUSE_MAX = timedelta(hours=1)
RETRY_AFTER_MAX = timedelta(hours=24)

NAT64 = b"\x00\x64\xff\x9b" + b"\x00" * 8  # 64:ff9b::/96, an IPv4 address behind it.


def secret_of(chance: str) -> str:
    """A secret as Standard Webhooks writes it, from 256 bits of chance in letters for URLs."""
    raw = base64.urlsafe_b64decode(chance + "=" * (-len(chance) % 4))
    return SECRET_LEAD + base64.b64encode(raw).decode()


def sign(secrets: Sequence[str], id_: str, at: datetime, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret."""
    signed = f"{id_}.{int(at.timestamp())}.".encode() + body
    marks = (
        hmac.new(base64.b64decode(secret.removeprefix(SECRET_LEAD)), signed, hashlib.sha256)
        for secret in secrets
    )
    return " ".join("v1," + base64.b64encode(mark.digest()).decode() for mark in marks)


def wait_after(attempts: int, jitter: float) -> timedelta | None:
    """How long to wait after so many tries; None: that was the last one.

    `jitter` in 0..1 shortens it by up to a tenth, so that those who failed together part.
    """
    if attempts >= ATTEMPTS_MAX:
        return None
    spread: timedelta = WAITS[attempts - 1] * (1 - jitter / 10)
    return spread


def pause_after(failures: int) -> timedelta | None:
    """How long a webhook is left alone after so many failures in a row."""
    if failures < FAILURES_BORNE:
        return None
    return min(PAUSE_MAX, PAUSE_FIRST * (1 << min(failures - FAILURES_BORNE, 20)))


def check(url: str, types: Sequence[str], *, private: bool) -> Iterator[Fault]:
    """What is wrong with what somebody wants; `private` allows places inside, for tests."""
    for nth, kind in enumerate(types):
        if kind not in TYPES:
            yield Fault(f"/types/{nth}", "not_allowed", "There is no such type of event.")
    if detail := why_not(url, private=private):
        yield Fault("/url", "not_allowed", detail)


def why_not(url: str, *, private: bool) -> str | None:
    """Why nothing is ever sent to this address; None: it may be."""
    parts = split(url)
    if parts is None or not parts.hostname or len(url) > URL_LENGTH_MAX:
        return "This is no address of the web."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "An address may have no user, no password and no fragment."
    if private and parts.scheme in ("http", "https"):
        return None
    if parts.scheme != "https" or port_of(parts) not in PORTS:
        return "Only https on port 443 or 8443."
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return None
    return None if is_public(literal) else "This address lies inside a network."


def split(url: str) -> SplitResult | None:
    """The parts of an address; None when it has none, or a port that is no number."""
    if not url.isascii() or any(letter.isspace() or letter == "\\" for letter in url):
        return None
    try:
        parts = urlsplit(url)
        assert parts.port is None or parts.port > 0
    except (ValueError, AssertionError):
        return None
    return parts


def port_of(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address lies in the open internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.packed.startswith(NAT64):
            inner = IPv4Address(address.packed[12:])
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def kinds(before: int | None, now: int, few: int | None) -> Iterator[str]:
    """What it is called when a channel may sell another number of an item; before: None, new."""
    if before == now:
        return
    yield STOCK_CHANGED
    if before is not None and before <= 0 < now:
        yield BACK_IN_STOCK
    if few is not None and before is not None and before > few >= now:
        yield LOW_STOCK


def few(low: Mapping[tuple[str, str], int], channel: str, sku: str) -> int | None:
    """How few are few: what is said of the item on the channel, else more broadly."""
    for where in ((channel, sku), ("", sku), (channel, ""), ("", "")):
        if where in low:
            return low[where]
    return None
