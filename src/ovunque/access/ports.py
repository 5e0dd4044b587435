"""What access needs from outside: who vouches for people, and how much stock there is."""

from collections.abc import Mapping
from typing import Any, Protocol


class ProviderSilent(Exception):  # noqa: N818 - the world failed, not we
    """No answer that makes sense; the message says why, for the log."""


class Outside(Protocol):
    def get(self, url: str) -> Mapping[str, Any]:
        """The document at an address."""

    def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> Mapping[str, Any]:
        """What a form is answered with; `basic` are a name and a secret of ours."""


class Stock(Protocol):
    """All that lies anywhere in the network."""

    def units(self) -> int: ...
