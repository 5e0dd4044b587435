"""Write what stands as a file that could be imported again."""

import csv
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import IO

import msgspec

from ovunque.integrations.files.dialect import guard
from ovunque.integrations.files.kind import Export, Kind
from ovunque.platform.database import Tx

_json = msgspec.json.Encoder()


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


def export_file(tx: Tx, kind: Kind, now: datetime, told: Format, file: IO[str]) -> int:
    """Write all that stands of a kind; returns how many rows."""
    export = kind.export(tx, now)
    if told == Format.CSV:
        return write_csv(export, file)
    return write_lines(export, file)


def write_csv(export: Export, file: IO[str]) -> int:
    """RFC 4180, save for line ends of one character; no cell is a formula to a spreadsheet."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(column.name for column in export.columns)
    rows = 0
    for rows, cells in enumerate(text_rows(export), 1):
        writer.writerow(cells)
    return rows


def text_rows(export: Export) -> Iterator[list[str]]:
    for row in export.rows:
        cells = []
        for column in export.columns:
            text = column.cell.text(row.get(column.name))
            cells.append(guard(text) if column.cell.guarded else text)
        yield cells


def write_lines(export: Export, file: IO[str]) -> int:
    """An object a line, numbers and lists as JSON has them."""
    rows = 0
    for rows, row in enumerate(export.rows, 1):
        document = {
            column.name: column.cell.to_json(row.get(column.name)) for column in export.columns
        }
        file.write(_json.encode(document).decode() + "\n")
    return rows
