"""The columns of a kind of file, and those that a file of it has."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ovunque.integrations.files.bad import Bad, BadRow, Wrong, bad, shown
from ovunque.integrations.files.cells import Cell

NAMED_MAX = 10


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    cell: Cell
    field: str = ""  # Of the request, where it is called otherwise.


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """All of `fixed`, and any that `more` knows, such as a title in one more language."""

    fixed: tuple[Column, ...]
    more: Callable[[str], Column | None] = lambda _: None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fixed)

    def has(self, name: str) -> bool:
        return name in self.names or self.more(name) is not None

    def arrange(self, names: Sequence[str]) -> "tuple[Column, ...] | Misnamed":
        """The columns by these names, in our order; or what is wrong with the names."""
        known = {each.name: each for each in self.fixed}
        extra = {name: self.more(name) for name in names if name not in known}
        found = Misnamed(
            unknown=tuple(name for name, column in extra.items() if column is None),
            missing=tuple(name for name in known if name not in names),
            repeated=tuple(sorted({name for name in names if names.count(name) > 1})),
        )
        if found.unknown or found.missing or found.repeated:
            return found
        return (*self.fixed, *(each for each in extra.values() if each))


@dataclass(frozen=True, slots=True, kw_only=True)
class Misnamed:
    """Names that are not those of our columns."""

    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    repeated: tuple[str, ...]

    def __str__(self) -> str:
        faults = {"unknown": self.unknown, "missing": self.missing, "repeated": self.repeated}
        return "; ".join(f"{what}: {listed(which)}" for what, which in faults.items() if which)


def listed(names: Iterable[str]) -> str:
    shorts = [shown(name) or "a column without a name" for name in names]
    more = len(shorts) - NAMED_MAX
    return ", ".join(shorts[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def read_values(line: int, columns: Sequence[Column], cells: Sequence[str]) -> dict[str, Any]:
    """The values of a row by field; raises `BadRow` with all its faults."""
    values: dict[str, Any] = {}
    faults: list[Bad] = []
    for column, cell in zip(columns, cells, strict=True):
        try:
            values[column.field or column.name] = column.cell.parse(cell)
        except Wrong as wrong:
            faults.append(bad(line, column.name, cell, wrong.code, wrong.reason))
    if faults:
        raise BadRow(faults)
    return values
