"""A run through a file: what is asked, how it stands, what came of it."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.content import BYTES_MAX
from ovunque.integrations.files.kind import SOURCE, Kind
from ovunque.kernel.ids import NewId
from ovunque.orders.receiving import Intake as Door
from ovunque.platform.clock import Clock
from ovunque.platform.database import Database
from ovunque.stock.weighing import Foreseen

FEED = re.compile(r"\bfee_[0-9a-z]{26}\b")  # A run that is held names the feed that waits.


class State(StrEnum):
    CHECKING = "checking"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"  # As a feed that a person has to look at.


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes two imports the same."""

    kind: str
    source: str  # The same counts in the books of another are another import.
    sha256: bytes

    @property
    def number(self) -> int:
        """A lock's name."""
        text = b"\n".join((self.kind.encode(), self.source.encode(), self.sha256))
        return int.from_bytes(hashlib.sha256(text).digest()[:8], signed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is stored: whoever imports the same again goes on behind `done`."""

    id: UUID
    key: RunKey
    state: State
    rows: int = 0  # To be applied.
    bad: int = 0  # Not to be.
    left_out: bytes = b""  # Which lines, as a fingerprint.
    done: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    reason: str | None = None  # Why it failed or is held.
    paused_by: str | None = None

    def failed(self, reason: str) -> "Run":
        return replace(self, state=State.FAILED, reason=reason)

    def held(self, reason: str) -> "Run":
        return replace(self, state=State.HELD, reason=reason)

    @property
    def is_open(self) -> bool:
        return self.state in (State.CHECKING, State.APPLYING)

    @property
    def is_paused(self) -> bool:
        return self.is_open and self.paused_by is not None

    @property
    def feed(self) -> str | None:
        """The public id of the feed that waits for a person in its place."""
        named = FEED.search(self.reason or "")
        return named[0] if named else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run as a list of them tells it: also who began it, and when."""

    run: Run
    actor: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    kind: Kind
    path: Path
    errors: Path | None = None  # Where bad rows are written, all of them.
    source: str = SOURCE
    complete: bool = False  # Its locations were counted whole.
    apply_good: bool = False
    dry_run: bool = False
    run_id: UUID | None = None  # Of a run that waits for this file already.
    waits: bool = True  # For another process that imports the same content.
    renames: Mapping[str, str] = field(default_factory=dict)  # What it calls our columns.
    paced: bool = False  # A program sent it: it may not suddenly move far more than is usual.
    bytes_max: int = BYTES_MAX
    name: str | None = None  # What the file is called in what we say of it.


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: rows while applying, bytes of the file while checking."""

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Time, chance, who wants to know how far it is, who counts what programs move, and a door."""

    clock: Clock
    new_id: NewId
    tell: Callable[[Step], None] = lambda _: None
    pace: Callable[[Database, Actor, int], None] = lambda *_: None
    door: Callable[[Database], Door] | None = None  # By which orders come in.


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import; nothing is stored of a dry run."""

    run: Run
    first: tuple[Bad, ...]  # Of the faults.
    errors: Path | None  # The file that has all of them.
    errors_lost: str | None = None  # Why there is none.
    resumed: int = 0  # Rows applied before by a run that was cut off.
    foreseen: Foreseen | None = None  # Of counts, by a dry run.
