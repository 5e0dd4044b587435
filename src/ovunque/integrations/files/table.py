"""Files whose rows are requests of a room: checked one by one, saved a portion at a time."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from ovunque.access.model import Actor
from ovunque.integrations.files.bad import Bad, BadRow, bad
from ovunque.integrations.files.columns import Column, Columns, read_values
from ovunque.integrations.files.dialect import Rows
from ovunque.integrations.files.kind import (
    PORTION_ROWS_MAX,
    Asked,
    Export,
    Intake,
    Portion,
    Saved,
)
from ovunque.integrations.files.sheet import Sheet
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault
from ovunque.platform.database import Tx

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
Faults = Iterable[Fault]


class Around(Protocol[R_contra]):
    """What the rows of a file point to: things that stand, and other rows."""

    @property
    def looks(self) -> int: ...

    def keys(self, request: R_contra, /) -> Iterable[tuple[str, Hashable]]:
        """By column: what no two rows share."""

    def meet(self, request: R_contra, /) -> Faults:
        """What is wrong with a row, as far as the rows before it tell."""

    def meet_again(self, request: R_contra, /) -> Faults:
        """What is wrong with it when all rows are known; asked at the second look."""


@dataclass(frozen=True, slots=True)
class Alone(Generic[R]):
    """Rows that do not point to each other; their keys by the column that is named."""

    key: Callable[[R], Mapping[str, Hashable]]
    faults: Callable[[R], Faults]
    looks: int = 1

    def keys(self, request: R) -> Iterable[tuple[str, Hashable]]:
        return self.key(request).items()

    def meet(self, request: R) -> Faults:
        return self.faults(request)

    def meet_again(self, _: R, /) -> Faults:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[R]):
    """A kind of file, in terms of the requests that its rows are."""

    name: str
    columns: Columns
    build: Callable[..., R]  # From the values of a row, by field.
    around: Callable[[Tx], Around[R]]
    save: Callable[[Tx, Actor, Sequence[R], datetime, NewId], Saved]
    export: Callable[[Tx, datetime], Export]
    template: str
    column_at: Callable[[str], str] = lambda pointer: pointer[1:].partition("/")[0]
    stages: tuple[Callable[[R], bool], ...] = (lambda _: True,)  # What is applied before what.

    def open(self, tx: Tx, columns: Sequence[Column], asked: Asked) -> Intake:
        return TableIntake(self, columns, self.around(tx), asked.new_id)


class TableIntake(Generic[R]):
    """One run through a file of such rows."""

    writers = 1  # A portion may point to what the one before it brought.
    rows_max = 2_000_000

    def __init__(
        self, table: Table[R], columns: Sequence[Column], around: Around[R], new_id: NewId
    ) -> None:
        self._table = table
        self._columns = columns
        self._around = around
        self._new_id = new_id
        self._first: dict[Hashable, int] = {}
        self.looks = around.looks

    def check(self, look: int, rows: Rows) -> Iterator[Bad]:
        for line, cells in zip(rows.lines, rows.cells, strict=True):
            try:
                request = self._read(line, cells)
            except BadRow as row:
                yield from row.faults if look == 0 else ()
                continue
            if look == 0:
                yield from self._repeated(line, cells, request)
                yield from self._named(line, cells, self._around.meet(request))
            else:
                yield from self._named(line, cells, self._around.meet_again(request))

    def settle(self) -> Iterable[Bad]:
        return ()

    def portions(self, sheet: Sheet, left_out: Collection[int]) -> Iterator[Portion]:
        """Stage after stage, as many rows at a time as one transaction takes."""
        for stage in self._table.stages:
            portion: list[R] = []
            for line, cells in good_rows(sheet, left_out):
                request = self._read(line, cells)
                if not stage(request):
                    continue
                portion.append(request)
                if len(portion) == PORTION_ROWS_MAX:
                    yield Portion(len(portion), portion)
                    portion = []
            if portion:
                yield Portion(len(portion), portion)

    def save(self, tx: Tx, by: Actor, portion: Portion, now: datetime) -> Saved:
        return self._table.save(tx, by, portion.requests, now, self._new_id)

    def _read(self, line: int, cells: Sequence[str]) -> R:
        return self._table.build(**read_values(line, self._columns, cells))

    def _repeated(self, line: int, cells: Sequence[str], request: R) -> Iterator[Bad]:
        """The fault of naming what a line before names, told once for each row."""
        told = False
        for column, key in self._around.keys(request):
            first = self._first.setdefault((column, key), line)
            if first != line and not told:
                told = True
                reason = f"Line {first} names the same."
                yield bad(line, column, self._cell(cells, column), "duplicate", reason)

    def _named(self, line: int, cells: Sequence[str], faults: Faults) -> Iterator[Bad]:
        """Faults of a request as faults of its cells."""
        for fault in faults:
            column = self._table.column_at(fault.pointer)
            yield bad(line, column, self._cell(cells, column), fault.code, fault.detail)

    def _cell(self, cells: Sequence[str], name: str) -> str:
        named = zip(self._columns, cells, strict=True)
        return next((cell for column, cell in named if column.name == name), "")


def good_rows(sheet: Sheet, left_out: Collection[int]) -> Iterator[tuple[int, Sequence[str]]]:
    for rows in sheet.rows():
        for line, cells in zip(rows.lines, rows.cells, strict=True):
            if line not in left_out:
                yield line, cells


def export_of(
    columns: Columns, standing: Callable[[Tx], Iterable[Any]]
) -> Callable[[Tx, datetime], Export]:
    """An export whose columns are fields of what stands."""
    fields = {column.name: column.field or column.name for column in columns.fixed}

    def export(tx: Tx, _: datetime) -> Export:
        rows = (
            {name: getattr(each, field) for name, field in fields.items()} for each in standing(tx)
        )
        return Export(columns=columns.fixed, rows=rows)

    return export
