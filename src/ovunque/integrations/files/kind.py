"""What a kind of file is to the import: how its rows are checked, applied and written again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from ovunque.access.model import Actor
from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.dialect import Rows
from ovunque.integrations.files.sheet import Sheet
from ovunque.kernel.ids import NewId
from ovunque.orders.receiving import Intake as Door
from ovunque.platform.database import Tx
from ovunque.stock.weighing import Foreseen

PORTION_ROWS_MAX = 1_000  # Of one transaction: whoever reads the journal waits for the longest.
SOURCE = "file"


class Saved(Protocol):
    """What a portion did, as the rooms tell it."""

    @property
    def created(self) -> int: ...

    @property
    def changed(self) -> int: ...

    @property
    def unchanged(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Tally:
    created: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Portion:
    """What one transaction applies: so many rows of the file, as requests of a room."""

    rows: int
    requests: Sequence[Any]

    def behind(self, done: int) -> "Portion | None":
        """What is left of it when so many of its rows were applied: a run may divide otherwise."""
        if done <= 0:
            return self
        if done >= self.rows:
            return None
        assert len(self.requests) == self.rows, "divided as it was the first time"
        return Portion(self.rows - done, self.requests[done:])


class Intake(Protocol):
    """One run through a file of a kind, with all in memory that its rows may point to."""

    looks: int  # How often it has to see all rows before it knows which are good.
    writers: int  # How many portions may be applied side by side.
    rows_max: int  # More would not fit into memory with what is kept of each.

    def check(self, look: int, rows: Rows, /) -> Iterable[Bad]:
        """The faults of some rows."""

    def settle(self) -> Iterable[Bad]:
        """The faults that only show when all rows have been seen."""

    def portions(self, sheet: Sheet, left_out: Collection[int], /) -> Iterator[Portion]:
        """All rows but those of some lines, in the same order every time."""

    def save(self, tx: Tx, by: Actor, portion: Portion, now: datetime) -> Saved:
        """Apply a portion."""


@runtime_checkable
class Weighing(Protocol):
    """An intake that looks at the good rows together before any of them is applied."""

    @property
    def more(self) -> int:
        """Rows that follow from what the file does not name."""

    def foresee(self, tx: Tx) -> Foreseen:
        """What weighing them would say; nothing is stored."""

    def announce(self, tx: Tx, now: datetime) -> None:
        """What has to be known to everybody before the rows are weighed."""

    def weigh(self, tx: Tx, by: Actor, now: datetime, *, again: bool) -> str | None:
        """Why a person has to look at them first; a run that goes on is not asked again."""


class Kind(Protocol):
    """A kind of file."""

    @property
    def name(self) -> str: ...

    @property
    def template(self) -> str:
        """The header and two rows that can be imported, once those of the kinds before are."""

    @property
    def columns(self) -> Columns: ...

    def open(self, tx: Tx, columns: Sequence[Column], asked: "Asked", /) -> Intake:
        """Ready for a file with these columns."""

    def export(self, tx: Tx, now: datetime, /) -> "Export":
        """All that stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Rows as a file that could be imported again: values by column name."""

    columns: Sequence[Column]
    rows: Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an intake is told beside the file."""

    now: datetime
    new_id: NewId
    source: str = SOURCE  # Whose books the counts of a stock file come from.
    complete: bool = False  # Its locations were counted whole: what it does not name is not there.
    digest: bytes = b""  # Of the content.
    pace: Callable[[Actor, int], None] | None = None  # Asked before units are moved.
    door: Callable[[], Door] | None = None  # By which orders come in.
