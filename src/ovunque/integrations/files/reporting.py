"""Bad rows, all of them: counted, the first kept to be shown, the rest in a file."""

import csv
import hashlib
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.dialect import guard

FIRST_MAX = 10
KEPT_MAX = 10_000


class BadRows:
    """Collects faults; what does not fit into memory goes to the file at once."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: set[int] = set()
        self.first: tuple[Bad, ...] = ()
        self.lost: str | None = None  # Why the file could not be written.
        self._kept: list[Bad] = []
        self._file: IO[str] | None = None

    @property
    def written(self) -> Path | None:
        """Where they stand, if there are any."""
        return self.path if self.lines and self.lost is None else None

    def add(self, faults: Iterable[Bad]) -> None:
        for fault in faults:
            self.lines.add(fault.line)
            self._kept.append(fault)
        if len(self._kept) >= KEPT_MAX:
            self._write()

    def fingerprint(self) -> bytes:
        """The same for the same lines."""
        return hashlib.sha256(array("q", sorted(self.lines)).tobytes()).digest()

    def close(self) -> None:
        self._write()
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        """In the order of lines, as far as they are kept."""
        self._kept.sort()
        self.first = tuple(sorted((*self.first, *self._kept[:FIRST_MAX]))[:FIRST_MAX])
        try:
            self._append()
        except OSError as error:
            self.lost = (error.strerror or "unknown").lower()
        self._kept.clear()

    def _append(self) -> None:
        if self.path is None or not self._kept or self.lost is not None:
            return
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(Bad._fields)
        csv.writer(self._file).writerows((line, *map(guard, texts)) for line, *texts in self._kept)
        self._file.flush()
