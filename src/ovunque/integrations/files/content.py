"""The bytes of a file somebody hands over: plain or gzipped, read in pieces and never whole."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NoReturn

from ovunque.integrations.files.bad import shown
from ovunque.kernel.refusal import Refusal

BLOCK_BYTES = 1 << 18
PACKED_BYTES = 1 << 14  # Small: what lies behind a gzip member is copied once for each of them.
NAME_SHOWN_MAX = 100
BYTES_MAX = 10_000_000_000
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's word for: with gzip's header and check sum.
RATIO_MAX = 100
RATIO_FREE_BYTES = 1_000_000  # Below this even a bomb is small, and honest files may repeat.
OTHERS = {
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


class Content:
    """An open file and the digest by which an import knows it again."""

    def __init__(self, file: BufferedReader, name: str, bytes_max: int) -> None:
        self.name = name
        self.renames: Mapping[str, str] = {}  # What it calls columns of ours.
        self.bytes_read = 0  # Of the file as it lies there: what progress is measured by.
        self._file = file
        self._bytes_max = bytes_max
        self._seen = self._stamp()
        self.size, _ = self._seen
        self.sha256 = hashlib.file_digest(file, "sha256").digest()

    def blocks(self) -> Iterator[bytes]:
        """The content from its start, unpacked; refused when it is too much or damaged."""
        self.refuse_change()
        self._file.seek(0)
        packed = self._file.read(len(GZIP)) == GZIP
        self._file.seek(0)
        total = 0
        for block in self._unpacked() if packed else self._raw():
            total += len(block)
            if total > self._bytes_max:
                self.refuse(f"holds more than {self._bytes_max} bytes")
            if packed and total > max(RATIO_FREE_BYTES, RATIO_MAX * self.bytes_read):
                self.refuse(f"unpacks to more than {RATIO_MAX} times its size")
            yield block
        self.refuse_change()

    def refuse_change(self) -> None:
        """What was checked is what is applied: a file that is written to meanwhile is refused."""
        if self._stamp() != self._seen:
            self.refuse("was changed while it was read")

    def refuse(self, why: str) -> NoReturn:
        raise refused(self.name, why)

    def _stamp(self) -> tuple[int, int]:
        now = os.fstat(self._file.fileno())
        return now.st_size, now.st_mtime_ns

    def _raw(self) -> Iterator[bytes]:
        self.bytes_read = 0
        while block := self._file.read(BLOCK_BYTES):
            self.bytes_read += len(block)
            yield block

    def _unpacked(self) -> Iterator[bytes]:
        """Member after member, each output bounded: a bomb is noticed before it fills anything."""
        inflate = zlib.decompressobj(GZIP_WINDOW)
        fed = 0
        while packed := self._file.read(PACKED_BYTES):
            fed += len(packed)
            more = True
            while more:
                if inflate.eof:
                    inflate = zlib.decompressobj(GZIP_WINDOW)
                block = self._inflated(inflate, packed)
                packed = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                self.bytes_read = fed - len(packed)
                if block:
                    yield block
                # A full block may have left some of its output behind, even with nothing to feed.
                more = bool(packed) or (len(block) == BLOCK_BYTES and not inflate.eof)
        if not inflate.eof:
            self.refuse("is cut off: its gzip stream does not end")

    def _inflated(self, inflate: "zlib._Decompress", packed: bytes) -> bytes:
        try:
            return inflate.decompress(packed, BLOCK_BYTES)
        except zlib.error:
            self.refuse("is damaged: its gzip stream cannot be unpacked")


@contextmanager
def open_content(
    path: Path, bytes_max: int = BYTES_MAX, name: str | None = None
) -> Iterator[Content]:
    """The file behind a path, or one sentence on why it cannot be read."""
    name = name or shown(path.name or str(path), NAME_SHOWN_MAX)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise refused(name, "is a directory" if path.is_dir() else "is no regular file")
        file = path.open("rb")
    except OSError as error:
        raise refused(name, f"cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except ValueError:  # A NUL within the path.
        raise refused("the path", "is none") from None
    with file:
        begin = file.read(4)
        file.seek(0)
        if not begin:
            raise refused(name, "is empty")
        for magic, what in OTHERS.items():
            if begin.startswith(magic):
                raise refused(name, f"is {what}: save it as CSV in UTF-8")
        yield Content(file, name, bytes_max)


def refused(name: str, why: str) -> Refusal:
    return Refusal("invalid", detail=f"{name} {why}.")
