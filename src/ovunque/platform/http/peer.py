"""Where a request comes from."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

FORWARDED = b"x-forwarded-for"


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(scope: Mapping[str, Any]) -> str:
    """The address of whoever asks: a proxy on this machine says for whom it does."""
    return address_behind(scope.get("client"), dict(scope["headers"]))


def address_behind(client: Any, headers: Mapping[bytes, bytes]) -> str:
    peer = str(client[0]) if client else "unknown"
    if not is_loopback(peer):
        return peer
    told = headers.get(FORWARDED, b"").rpartition(b",")[2].strip()
    return told.decode("latin-1") or peer
