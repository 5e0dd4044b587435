"""A seal, the end of the chain as it is told outside, and what may be found wrong."""

from dataclasses import dataclass
from datetime import datetime

from ovunque.platform.journal import Cursor

DIGEST_BYTES = 32
MARK_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A link of the chain: it covers the rows behind the link before, up to `end`."""

    nth: int
    end: Cursor
    rows: int
    marks: bytes
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The chain as it stood: signed, and kept where the database does not reach."""

    nth: int
    hash: bytes
    signer: str
    signature: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """The first row that is not as it was sealed, and what became of it."""

    what: str
    at: Cursor | None = None
    subject: str = ""

    def __str__(self) -> str:
        place = f"row {self.at}" if self.at else "the chain"
        named = f" ({self.subject})" if self.subject else ""
        return f"{place}{named}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How much was looked at, and the first thing that is wrong, if any."""

    rows: int
    seals: int
    roots: int
    unsealed: int  # Written since the last seal: nothing vouches for them yet.
    wrong: Wrong | None
