"""What is wrong with a row, told so that a person can mend it."""

from collections.abc import Iterable
from typing import NamedTuple

from ovunque.kernel.text import is_clean

VALUE_SHOWN_MAX = 40


class Bad(NamedTuple):
    """One fault: the line it stands in, its column if one is at fault, what stood there."""

    line: int
    column: str
    value: str
    code: str
    reason: str


class Wrong(Exception):  # noqa: N818 - carries a fault of a cell, none of ours
    """A cell that we do not take."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class BadRow(Exception):  # noqa: N818 - carries the faults of a row, none of ours
    """A row of which nothing is taken."""

    def __init__(self, faults: Iterable[Bad]) -> None:
        super().__init__()
        self.faults = tuple(faults)


def bad(line: int, column: str, value: str, code: str, reason: str) -> Bad:
    return Bad(line, column, shown(value), code, reason)


def shown(value: str, length_max: int = VALUE_SHOWN_MAX) -> str:
    """A value as it may be printed anywhere: short, on one line, nothing invisible."""
    short = value[:length_max]
    text = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short)
    return text + "…" if len(value) > length_max else text


def refuse_unclean(text: str) -> None:
    """Raise for text that nothing of ours stores."""
    if is_clean(text) and "\r" not in text:
        return
    if any("\udc80" <= each <= "\udcff" for each in text):
        raise Wrong("not_utf8", "This is not UTF-8; save the file in that encoding.")
    raise Wrong("control_character", "This has a control character.")
