"""What must stay forgotten: a file beside the backups, which a restore applies again.

It holds ids, and says nothing of anybody. It belongs on another machine than the database, with
the backups: what is restored without it remembers what it had been told to forget.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from ovunque.kernel.refusal import Refusal


class Line(msgspec.Struct, frozen=True):
    """A customer who asked to be forgotten, and when."""

    customer: UUID
    at: datetime


def tell(file: Path, line: Line) -> None:
    """Append a line, and wait until it lies on the disk; told twice it is harmless."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        out.write(msgspec.json.encode(line) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def read(file: Path) -> Iterator[Line]:
    """Everybody who asked, each once; a line that is none of ours is refused."""
    seen: set[UUID] = set()
    for text in file.read_bytes().splitlines() if file.exists() else ():
        try:
            line = msgspec.json.decode(text, type=Line)
        except msgspec.DecodeError:
            raise Refusal("invalid", detail=f"{file} holds a line that is no erasure.") from None
        if line.customer not in seen:
            seen.add(line.customer)
            yield line
