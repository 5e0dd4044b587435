"""NDJSON: one strict JSON object a line, its fields named as the columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ovunque.integrations.files.bad import Bad, BadRow, Wrong, bad
from ovunque.integrations.files.cells import refuse_long
from ovunque.integrations.files.columns import Column
from ovunque.integrations.files.dialect import Rows, in_columns
from ovunque.integrations.files.lines import Lines
from ovunque.integrations.files.renaming import renamed
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.http import strict_json


def read_rows(
    lines: Iterable[Lines], columns: Sequence[Column], renames: Mapping[str, str]
) -> Iterator[Rows]:
    """The objects as rows of cells, in the order of the columns."""
    for some in lines:
        numbers: list[int] = []
        rows: list[list[str]] = []
        faults: list[Bad] = []
        for number, text in enumerate(some.texts, some.first):
            if not text:
                continue
            try:
                document = in_our_words(number, read_document(number, text), renames)
                rows.append(read_cells(number, document, columns))
            except BadRow as row:
                faults += row.faults
            else:
                numbers.append(number)
        yield in_columns(numbers, rows, faults)


def read_document(number: int, text: str) -> Mapping[str, Any]:
    """The object of one line."""
    try:
        document = strict_json.parse(text.encode("utf-8", "surrogateescape"))
    except Refusal as refusal:
        raise BadRow(faults_of(number, text, refusal)) from None
    if not isinstance(document, dict):
        raise BadRow([bad(number, "", text, "wrong_type", "This line is not an object.")])
    return document


def in_our_words(
    number: int, document: Mapping[str, Any], renames: Mapping[str, str]
) -> Mapping[str, Any]:
    """The same object, its fields by our names; no two of them have one."""
    if not renames:
        return document
    names = renamed([*document], renames)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        reason = "Two fields of this line are called this."
        raise BadRow([bad(number, name, "", "duplicate", reason) for name in sorted(twice)])
    return dict(zip(names, document.values(), strict=True))


def faults_of(number: int, text: str, refusal: Refusal) -> Iterator[Bad]:
    for each in refusal.errors:
        yield bad(number, each.pointer[1:].partition("/")[0], text, each.code, each.detail)
    if not refusal.errors:
        yield bad(number, "", text, refusal.code, refusals.explain(refusal))


def read_cells(number: int, document: Mapping[str, Any], columns: Sequence[Column]) -> list[str]:
    """The text of each value as it would stand in a CSV file."""
    if document.keys() != {each.name for each in columns}:
        misnamed = tuple(misnamed_in(number, document, columns))
        if misnamed:
            raise BadRow(misnamed)
    cells: list[str] = []
    faults: list[Bad] = []
    for column in columns:
        value = document.get(column.name)
        try:
            cells.append(column.cell.of_json(value))
            refuse_long(cells[-1])
        except Wrong as wrong:
            faults.append(bad(number, column.name, str(value), wrong.code, wrong.reason))
    if faults:
        raise BadRow(faults)
    return cells


def misnamed_in(
    number: int, document: Mapping[str, Any], columns: Sequence[Column]
) -> Iterator[Bad]:
    names = [each.name for each in columns]
    for name in document:
        if name not in names:
            yield bad(number, name[:64], "", "unknown_field", "There is no such field here.")
    for column in columns:
        if column.name not in document and not column.cell.may_lack:
            yield bad(number, column.name, "", "missing", "This is required.")
