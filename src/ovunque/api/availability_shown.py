"""Availability as programs read it: each item's part written once, answers put together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from ovunque.catalog.model import Condition
from ovunque.network.model import Location
from ovunque.network.rules import PPM, confidence_ppm
from ovunque.platform.http.express import Plain
from ovunque.sourcing.foreseeing import promisable
from ovunque.sourcing.remembering import Book, Page
from ovunque.sourcing.selling import Reach, available, available_by_place, sold_from
from ovunque.sourcing.snapshot import Snapshot

SIBLINGS_MAX = 20  # Of one item.

_encode = msgspec.json.Encoder().encode


class AvailableAt(msgspec.Struct, kw_only=True):
    """Units of a location, and how sure it is in percent that each of them is really there."""

    location: str
    available: int
    confidence: int


class IncomingUnits(msgspec.Struct, kw_only=True):
    """Units beyond what is available that may be promised from a day on."""

    date: date
    quantity: int


class ItemAvailability(msgspec.Struct, kw_only=True, omit_defaults=True):
    sku: str
    available: int
    incoming: list[IncomingUnits]
    sold_from: datetime | None = None  # Said before its launch on this channel.
    condition: str | None = None  # Said of what is not new, with the new item that it is like.
    like: str | None = None
    price_cents: int | None = None
    locations: list[AvailableAt] | None = None


class AvailabilityProblem(msgspec.Struct, kw_only=True):
    code: str
    pointer: str
    detail: str


class Availability(msgspec.Struct, kw_only=True):
    """Units that a channel may sell now; `version` is how far the answer has seen the journal."""

    channel: str
    version: str
    as_of: datetime
    items: list[ItemAvailability]
    problems: list[AvailabilityProblem]


class Asked(NamedTuple):
    """What a query names, once it is sound."""

    channel: str
    service: str | None
    detailed: bool
    skus: Sequence[str]
    siblings: bool = False  # The same thing in other conditions is told too.


class Said(NamedTuple):
    """Parts of items put together, and the mark of what they say."""

    items: bytes
    etag: bytes


def say(parts: Iterable[bytes]) -> Said:
    items = b",".join(parts)
    return Said(items, b'"%s"' % blake2b(items, digest_size=9).hexdigest().encode())


NOTHING = say(())


def tell(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> bytes:
    """An item in one number."""
    return _encode(tell_item(snapshot, reach, sku, now))


def tell_item(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> ItemAvailability:
    item = snapshot.catalog.items[sku]
    is_new = item.condition == Condition.NEW
    return ItemAvailability(
        sku=sku,
        available=available(snapshot, reach, sku, now),
        incoming=tell_incoming(snapshot, reach, sku, now),
        sold_from=sold_from(snapshot, reach.channel, sku, now),
        condition=None if is_new else item.condition,
        like=None if is_new else snapshot.catalog.like(sku),
        price_cents=None if is_new else item.price_cents,
    )


def tell_places(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> bytes:
    """An item with every location that has some of it."""
    units = available_by_place(snapshot, reach, sku, now)
    told = tell_item(snapshot, reach, sku, now)
    told.available = int(units.sum())
    told.locations = [
        tell_place(snapshot.network.locations[at], units.item(at))
        for at in reach.places
        if units.item(at)
    ]
    return _encode(told)


def tell_place(place: Location, units: int) -> AvailableAt:
    sure = confidence_ppm(place.kind, place.asked_units, place.missing_units)
    return AvailableAt(location=place.code, available=units, confidence=sure // (PPM // 100))


def tell_incoming(snapshot: Snapshot, reach: Reach, sku: str, now: datetime) -> list[IncomingUnits]:
    """What comes and is not promised to anybody yet."""
    return [
        IncomingUnits(date=day, quantity=units)
        for day, units in promisable(snapshot, reach, sku, now)
    ]


@dataclass(frozen=True, slots=True)
class Teller:
    """Answers from the book: parts are written once for each change, an answer puts them together.

    `as_of` tells the moment up to which nothing is known to be missing.
    """

    book: Book
    as_of: Callable[[], datetime]

    def page(self, asked: Asked) -> Page | None:
        write = tell_places if asked.detailed else tell
        return self.book.page(asked.channel, asked.service, write)

    def with_siblings(self, skus: Sequence[str]) -> list[str]:
        """The items, each followed by the same thing in other conditions; each is told once."""
        catalog = self.book.snapshot.catalog
        named = (each for sku in skus for each in (sku, *catalog.siblings(sku)[:SIBLINGS_MAX]))
        return [*dict.fromkeys(named)]

    def parts(self, page: Page, skus: Sequence[str]) -> list[bytes | None]:
        """Each item's part of the answer; None where there is no such item."""
        known, write = page.items, self.book.write
        return [known.get(sku) or write(page, sku) for sku in skus]

    def answer(self, channel: str, said: Said, problems: bytes = b"[]") -> Plain:
        """The answer. Its mark is that of what it says, not of the moment it was said."""
        body = b'{"channel":"%s","version":"%s","as_of":%s,"items":[%s],"problems":%s}' % (
            channel.encode(),
            str(self.book.snapshot.version).encode(),
            _encode(self.as_of()),
            said.items,
            problems,
        )
        return Plain(body, said.etag)
