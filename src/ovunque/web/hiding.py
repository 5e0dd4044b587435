"""What people seek is often somebody's name: in an address it stands so that we alone can read it.

Addresses are kept by browsers, proxies and their logs for longer than anybody decided.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIGN = "~"  # So begins what is hidden.
NONCE_BYTES = 12


class Veil:
    """Hides by the newest secret of the house, and reads what any of them hid."""

    def __init__(self, secrets: Callable[[], Mapping[int, bytes]], draw: Callable[[], str]) -> None:
        self._secrets, self._draw = secrets, draw

    def hide(self, text: str) -> str:
        """The text as it may stand in an address; nothing stays nothing."""
        if not text:
            return ""
        nonce = urlsafe_b64decode(self._draw() + "=")[:NONCE_BYTES]
        cipher = _cipher(self._secrets()[max(self._secrets())])
        hidden = nonce + cipher.encrypt(nonce, text.encode(), None)
        return SIGN + urlsafe_b64encode(hidden).decode().rstrip("=")

    def reveal(self, told: str) -> str:
        """What an address says; nothing when it was hidden by nobody we know, or too long ago."""
        if not told.startswith(SIGN):
            return told
        try:
            hidden = urlsafe_b64decode(told[1:] + "=" * (-len(told[1:]) % 4))
        except ValueError:
            return ""
        for secret in self._secrets().values():
            try:
                found = _cipher(secret).decrypt(hidden[:NONCE_BYTES], hidden[NONCE_BYTES:], None)
            except (InvalidTag, ValueError):
                continue
            return found.decode()
        return ""


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, b"what is sought", "sha256"))
