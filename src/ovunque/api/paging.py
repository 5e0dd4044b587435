"""Long lists, page by page: a cursor says where the next one begins, and nothing else."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, BeforeValidator

from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean

LIMIT_MAX = 200
LIMIT_USUAL = 50
CURSOR_LENGTH_MAX = 400
DIGITS_MAX = 9

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def whole(text: object) -> object:
    """The number that plain digits write; other scripts, signs and blanks write none."""
    if isinstance(text, str):
        if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
            raise ValueError("This is no whole number.")
        return int(text)
    return text


class Listed(BaseModel, Generic[M]):
    """One page of a list."""

    data: list[M]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """The page that was asked for: behind which key, and how long."""

    limit: int
    after: str | None

    @property
    def rows_max(self) -> int:
        """One more than is shown, to know whether another page follows."""
        return self.limit + 1

    def after_id(self, prefix: str) -> UUID | None:
        """The id that the page before ended with."""
        try:
            return parse_public_id(prefix, self.after) if self.after is not None else None
        except Refusal:
            raise Refusal("cursor_invalid") from None

    def after_parts(self, count: int) -> list[str]:
        """The parts of a longer key that the page before ended with; empty ones to begin."""
        parts = self.after.split(" ") if self.after is not None else [""] * count
        if len(parts) != count:
            raise Refusal("cursor_invalid")
        return parts

    def after_number(self) -> int:
        """The number that the page before ended before; nought to begin."""
        told = self.after or "0"
        if not (told.isascii() and told.isdigit() and len(told) <= DIGITS_MAX):
            raise Refusal("cursor_invalid")
        return int(told)

    def show(self, rows: Sequence[T], tell: Callable[[T], M], key: Callable[[T], str]) -> Listed[M]:
        shown = rows[: self.limit]
        cursor = write_cursor(key(shown[-1])) if len(rows) > self.limit else None
        return Listed(data=[tell(each) for each in shown], next_cursor=cursor)


def write_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The key in a cursor; refused as `cursor_invalid` when it is none of ours."""
    if len(cursor) > CURSOR_LENGTH_MAX or not cursor.isascii():
        raise Refusal("cursor_invalid")
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("cursor_invalid") from None
    if not is_clean(key) or write_cursor(key) != cursor:
        raise Refusal("cursor_invalid")
    return key


Limit = Annotated[
    int, Query(ge=1, le=LIMIT_MAX, description="How many at most."), BeforeValidator(whole)
]
Cursor = Annotated[
    str | None, Query(description="`next_cursor` of the page before; none: the first page.")
]


async def page_of(limit: Limit = LIMIT_USUAL, cursor: Cursor = None) -> Page:
    return Page(limit, read_cursor(cursor) if cursor is not None else None)


Paging = Annotated[Page, Depends(page_of)]
