"""A file as rows of a kind: which format it has, which columns, and its rows as often as asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ovunque.integrations.files import dialect, documents
from ovunque.integrations.files.bad import BadRow, Wrong, shown
from ovunque.integrations.files.columns import Column, Columns, Misnamed
from ovunque.integrations.files.content import Content
from ovunque.integrations.files.dialect import DELIMITERS, Dialect, Rows
from ovunque.integrations.files.lines import Lines, read_lines
from ovunque.integrations.files.renaming import renamed, suggest
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform.http.faults import FAULTS_MAX, pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file whose columns are ours; without a dialect it is NDJSON."""

    content: Content
    columns: tuple[Column, ...]
    dialect: Dialect | None
    header: int  # The line of the header; 0: there is none.

    def rows(self) -> Iterator[Rows]:
        """All rows from the start, some at a time, their cells in the order of `columns`."""
        lines = read_lines(self.content.blocks())
        if self.dialect is None:
            yield from documents.read_rows(lines, self.columns, self.content.renames)
            return
        order = [self.dialect.columns.index(each.name) for each in self.columns]
        for some in dialect.read_rows(body(lines, self.header), self.dialect):
            columns = [some.columns[at] for at in order] if some.lines else ()
            yield Rows(some.lines, columns, some.bad)


def open_sheet(content: Content, columns: Columns) -> Sheet:
    """The file by its first line; refused when that does not name our columns."""
    number, line = first_line(content)
    if line.startswith("{"):
        named = field_names(content, number, line)
        lacking = [each.name for each in columns.fixed if each.cell.may_lack]
        arranged = columns.arrange([*named, *(each for each in lacking if each not in named)])
        told, number = None, 0
    else:
        told = read_header(content, line, columns)
        named = told.columns
        arranged = columns.arrange(named)
    if isinstance(arranged, Misnamed):
        raise misnamed(content, columns, named, arranged)
    return Sheet(content=content, columns=arranged, dialect=told, header=number)


def misnamed(content: Content, columns: Columns, named: Sequence[str], why: Misnamed) -> Refusal:
    """The refusal of columns or fields, with which of them may be which of ours."""
    suggested = suggest(columns.names, named)
    pairs = [f"{shown(theirs)}={ours}" for theirs, ours in suggested.items()]
    perhaps = f" Perhaps: {', '.join(pairs)}." if pairs else ""
    names = ",".join(columns.names)
    detail = f"{content.name} has other columns than {names} ({why}).{perhaps}"
    faults = tuple(faults_of(why, suggested))[:FAULTS_MAX]
    return Refusal("invalid", detail=detail, errors=faults, suggested=suggested)


def faults_of(why: Misnamed, suggested: Mapping[str, str]) -> Iterator[Fault]:
    """A pointer for each column, in the words of the file."""
    for name in why.unknown:
        ours = suggested.get(name)
        perhaps = f" Perhaps it is {ours}." if ours else ""
        yield Fault(pointer("", name), "unknown_field", f"There is no such column here.{perhaps}")
    for name in why.missing:
        yield Fault(pointer("", name), "missing", "This column is required.")
    for name in why.repeated:
        yield Fault(pointer("", name), "duplicate", "Two columns are called this.")


def first_line(content: Content) -> tuple[int, str]:
    """The first line with anything on it."""
    lines = (
        (number, text)
        for some in read_lines(content.blocks())
        for number, text in enumerate(some.texts, some.first)
        if text
    )
    found = next(lines, None)
    return found or content.refuse("has no line with anything on it")


def read_header(content: Content, line: str, columns: Columns) -> Dialect:
    """The delimiter is the one that finds most of our columns; a comma if none does better."""
    known = {*columns.names, *content.renames}
    bare = line.replace('"', "")
    delimiter = max(DELIMITERS, key=lambda each: len(known.intersection(bare.split(each))))
    try:
        names = renamed(dialect.split(line, delimiter), content.renames)
        return Dialect(delimiter, names)
    except Wrong:
        content.refuse(f"has a header that cannot be read: {shown(line)}")


def field_names(content: Content, number: int, line: str) -> Sequence[str]:
    """The first object names the columns of all."""
    try:
        document = documents.read_document(number, line)
        return tuple(documents.in_our_words(number, document, content.renames))
    except BadRow as row:
        content.refuse(f"begins with a line that is not usable: {row.faults[0].reason}")


def body(lines: Iterable[Lines], header: int) -> Iterator[Lines]:
    """What stands below the header."""
    for some in lines:
        if some.first > header:
            yield some
        elif texts := some.texts[header + 1 - some.first :]:
            yield Lines(header + 1, texts, some.clean)
