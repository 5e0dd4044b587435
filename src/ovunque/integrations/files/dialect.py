"""CSV as RFC 4180 has it, and nothing else: a quote left open never swallows the rows below it."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from operator import methodcaller

from ovunque.integrations.files.bad import Bad, Wrong, bad, refuse_unclean
from ovunque.integrations.files.cells import CELL_LENGTH_MAX, refuse_long
from ovunque.integrations.files.lines import Lines

DELIMITERS = ",;\t"
# A ' put before these keeps a spreadsheet from running a cell; it is taken off again.
FORMULA = "=+\\-@\t\r"
GUARDABLE = re.compile(f"'*[{FORMULA}]")
GUARDED = re.compile(f"'+[{FORMULA}]")
SOMEWHERE_GUARDED = re.compile(rf"(?:^|[{DELIMITERS}\"])'+[{FORMULA}]", re.MULTILINE)

MISPLACED_QUOTE = "has a quote within it: such a value stands in quotes, its own ones doubled."
OPEN_QUOTE = Wrong("open_quote", "A quote is opened here and not closed as it should be.")


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file, each with the number of its first line, and the faults of others.

    Cells stand in columns, where they are quick to look at, and read row by row as well.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    bad: Sequence[Bad] = ()

    @property
    def cells(self) -> Sequence[Sequence[str]]:
        return list(zip(*self.columns, strict=True)) if self.lines else ()


def in_columns(lines: Sequence[int], cells: Sequence[Sequence[str]], bad: Sequence[Bad]) -> Rows:
    """Rows that were read one by one."""
    return Rows(lines, list(zip(*cells, strict=True)), bad)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file divides its lines, and the names of its columns in the order of the file."""

    delimiter: str
    columns: tuple[str, ...]


@cache
def cell_pattern(delimiter: str) -> re.Pattern[str]:
    """One cell and its end: quoted, with each quote in it doubled, or without any quote."""
    return re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)"|([^"\n{delimiter}]*+))({delimiter}|\Z)')


def split(text: str, delimiter: str) -> list[str]:
    """The cells of a record, with quotes or without; raises `Wrong` where quotes are misplaced."""
    pattern = cell_pattern(delimiter)
    cells: list[str] = []
    at, more = 0, True
    while more:
        match = pattern.match(text, at)
        if match is None:
            raise Wrong("misplaced_quote", f"Value {len(cells) + 1} {MISPLACED_QUOTE}")
        quoted, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at, more = match.end(), bool(end)
    return cells


def unguard(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell


def guard(cell: str) -> str:
    return f"'{cell}" if GUARDABLE.match(cell) else cell


def read_rows(lines: Iterable[Lines], dialect: Dialect) -> Iterator[Rows]:
    """The rows behind the header, the plain ones a good many at a time."""
    waiting: deque[tuple[int, str]] = deque()
    for some in lines:
        if not waiting and some.clean and (rows := plain_rows(some, dialect)):
            yield rows
            continue
        waiting.extend(enumerate(some.texts, some.first))
        yield sorted_out(records(waiting, dialect, last=False), dialect)
    yield sorted_out(records(waiting, dialect, last=True), dialect)


def plain_rows(some: Lines, dialect: Dialect) -> Rows | None:
    """Rows without quotes and without faults, the quick way; None: look at each of them."""
    joined = dialect.delimiter.join(some.texts)
    if '"' in joined or max(map(len, some.texts)) > CELL_LENGTH_MAX:
        return None
    if "'" in joined and SOMEWHERE_GUARDED.search(joined):
        return None
    wanted = len(dialect.columns)
    if {*map(methodcaller("count", dialect.delimiter), some.texts)} != {wanted - 1}:
        return None
    cells = joined.split(dialect.delimiter)
    columns = [cells[at::wanted] for at in range(wanted)]
    return Rows(range(some.first, some.first + len(some.texts)), columns)


def records(
    waiting: deque[tuple[int, str]], dialect: Dialect, *, last: bool
) -> Iterator[tuple[int, str, list[str] | Wrong]]:
    """Take whole records off the lines that wait: number, text, and cells or what is wrong.

    A record over several lines that is not whole costs its first line only: those below are read
    as rows of their own. What lines to come may still complete stays, unless these are the last.
    """
    while waiting:
        span = count_lines(waiting, CELL_LENGTH_MAX * len(dialect.columns), last=last)
        if span is None:
            return
        number, first = waiting[0]
        text = "\n".join(text for _, text in islice(waiting, max(span, 1)))
        found = whole(text, dialect) if span else OPEN_QUOTE
        if span > 1 and (isinstance(found, Wrong) or max(map(len, found)) > CELL_LENGTH_MAX):
            found = OPEN_QUOTE
        for _ in range(1 if isinstance(found, Wrong) else span):
            waiting.popleft()
        if text:
            yield number, first, found


def count_lines(waiting: deque[tuple[int, str]], length_max: int, *, last: bool) -> int | None:
    """How many lines make the next record; 0: none do, its quote stays open; None: not yet known.

    Quotes come in pairs, so that each line is looked at twice at most, whatever the quotes.
    """
    if waiting[0][1].count('"') % 2 == 0:
        return 1
    length = 0
    for span, (_, text) in enumerate(islice(waiting, 1, None), 2):
        length += len(text) + 1
        if length > length_max:
            return 0
        if text.count('"') % 2:
            return span
    return 0 if last else None


def whole(text: str, dialect: Dialect) -> list[str] | Wrong:
    """The cells of a record, or what keeps it from being a row."""
    try:
        cells = split(text, dialect.delimiter)
    except Wrong as wrong:
        return wrong
    wanted = len(dialect.columns)
    if len(cells) != wanted:
        code = "too_few_values" if len(cells) < wanted else "too_many_values"
        return Wrong(code, f"This row has {len(cells)} values, the header has {wanted}.")
    return cells


def sorted_out(found: Iterable[tuple[int, str, list[str] | Wrong]], dialect: Dialect) -> Rows:
    """Good records on one side, faults on the other."""
    lines, rows, faults = [], [], []
    for number, text, cells in found:
        if isinstance(cells, Wrong):
            faults.append(bad(number, "", text, cells.code, cells.reason))
        elif wrong := tuple(bad_cells(number, cells, dialect)):
            faults += wrong
        else:
            lines.append(number)
            rows.append([unguard(cell) for cell in cells])
    return in_columns(lines, rows, faults)


def bad_cells(number: int, cells: list[str], dialect: Dialect) -> Iterator[Bad]:
    for column, cell in zip(dialect.columns, cells, strict=True):
        try:
            refuse_unclean(cell)
            refuse_long(cell)
        except Wrong as wrong:
            yield bad(number, column, cell, wrong.code, wrong.reason)
