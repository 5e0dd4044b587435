"""Write what stands as a file that could be imported again."""

import csv
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

import msgspec

from ovunque.integrations.files.columns import Column
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
    if told == Format.NDJSON:
        return write_lines(export, file)
    csv.writer(file, lineterminator="\n").writerow(column.name for column in export.columns)
    return write_rows(export, file)


def write_rows(export: Export, file: IO[str]) -> int:
    """Text that a spreadsheet might run is guarded; the import takes the guard off again."""
    writer, rows = csv.writer(file, lineterminator="\n"), 0
    for row in export.rows:
        writer.writerow([text_of(column, row.get(column.name)) for column in export.columns])
        rows += 1
    return rows


def text_of(column: Column, value: Any) -> str:
    text = column.cell.text(value)
    return guard(text) if column.cell.guarded else text


def write_lines(export: Export, file: IO[str]) -> int:
    """An object a line, numbers and lists as JSON has them."""
    rows = 0
    for row in export.rows:
        document = {
            column.name: column.cell.to_json(row.get(column.name)) for column in export.columns
        }
        file.write(_json.encode(document).decode() + "\n")
        rows += 1
    return rows
