"""What is stocked and sold: items, their barcodes, and the bundles made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Condition(StrEnum):
    NEW = "new"
    REFURBISHED = "refurbished"
    USED_A = "used_a"
    USED_B = "used_b"
    USED_C = "used_c"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRequest:
    """A row as a file or a program brings it; `condition` may be any text until it is checked."""

    sku: str
    product: str
    titles: Mapping[str, str]  # By language; "en" is always there.
    gtins: tuple[str, ...] = ()
    category: str | None = None
    season: str | None = None
    color: str | None = None
    size: str | None = None
    condition: str = Condition.NEW
    weight_g: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    price_cents: int | None = None
    cost_cents: int | None = None
    components: tuple[tuple[str, int], ...] = ()  # Units by sku of what a bundle holds.


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(ItemRequest):
    """What is stocked and sold. A second-hand one is an item of the same product."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items to list; what is not said does not matter."""

    q: str | None = None  # Fragments of sku, title or barcode, in any order.
    product: str | None = None
    category: str | None = None
    condition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a person types to find items: each word stands somewhere in what is found."""

    words: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()  # By which an index finds them: three letters each.


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRequest:
    """A single piece as a file or a program brings it: like a new item, and used."""

    sku: str
    like: str  # The new item.
    serial: str
    condition: str  # Its grade.
    location: str
    price_cents: int | None = None
    cost_cents: int | None = None
    note: str | None = None  # What wear shows.
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An item that exists once."""

    sku: str
    like: str
    serial: str
    condition: str
    price_cents: int | None
    cost_cents: int | None
    note: str | None
    photos: tuple[str, ...]
    location_id: UUID  # Where it was taken in.
    listed_at: datetime
    withdrawn_at: datetime | None = None
