"""Blocks of bytes as numbered lines of text, a good many at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ovunque.kernel.text import FORBIDDEN, normal

LINE_BYTES_MAX = 1_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What no ASCII text of ours holds; a carriage return counts once those of line ends are gone.
CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A})


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in a row. Text that is not clean has to be looked at cell by cell.

    Bytes that are no UTF-8 stand in the text as lone surrogates: what is wrong is found, and
    named, where its column is known.
    """

    first: int
    texts: list[str]
    clean: bool


def read_lines(blocks: Iterable[bytes]) -> Iterator[Lines]:
    """The lines of a text, ended by LF or CR LF; counted from one."""
    number = 1
    for nth, block in enumerate(whole_lines(blocks)):
        lines = decode(block.removeprefix(BYTE_ORDER_MARK) if nth == 0 else block, number)
        number += len(lines.texts)
        yield lines


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, divided between lines; the last line may lack its end.

    Of an endless line only the beginning is kept: too long for any row, so that it is refused.
    """
    rest = bytearray()
    for block in blocks:
        head, end, tail = block.rpartition(b"\n")
        if end:
            yield bytes(rest) + (cut_first(head) if len(rest) >= LINE_BYTES_MAX else head) + end
            rest = bytearray(tail)
        elif len(rest) < LINE_BYTES_MAX:
            rest += tail
    if rest:
        yield bytes(rest)


def cut_first(head: bytes) -> bytes:
    """Without what is left of a line that was too long already."""
    _, end, behind = head.partition(b"\n")
    return end + behind


def decode(block: bytes, number: int) -> Lines:
    """One block of whole lines as text in NFC."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").removesuffix(b"\r")
    if block.isascii():
        clean = len(block.translate(None, CONTROLS)) == len(block)
        text = block.decode("ascii")
    else:
        text = normal(block.decode("utf-8", "surrogateescape"))
        clean = "\r" not in text and not FORBIDDEN.search(text)
    return Lines(number, text.removesuffix("\n").split("\n"), clean)
