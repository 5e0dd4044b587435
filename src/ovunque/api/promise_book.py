"""What pages say of items, written down for a minute or until something of it changes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from ovunque.platform.clock import Clock
from ovunque.platform.http.express import Plain
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot

PARTS_MAX = 50_000  # Of items, for all places together; then all are forgotten.
MINUTE_SECONDS = 60

_encode = msgspec.json.Encoder().encode


class PageAsked(Struct, frozen=True):
    """For whom a page is: what is remembered of items is remembered by this."""

    channel: str
    country: str
    postal_code: str
    services: tuple[str, ...]


Write = Callable[[Snapshot, Promises, PageAsked, str, datetime], bytes]


class PageBook:
    """Answers of items, each written once a minute for each place that asks.

    Whoever follows the journal strikes out what has changed. Times of day count in minutes, so
    that within one nothing else moves.
    """

    def __init__(self, snapshot: Snapshot, promises: Promises, clock: Clock, write: Write) -> None:
        self.snapshot, self.promises = snapshot, promises
        self._clock, self._write_anew = clock, write
        self._parts: dict[str, dict[PageAsked, bytes]] = {}
        self._count = self._changes = 0
        self._seen: tuple[Any, ...] = ()
        snapshot.watchers.append(self.forget)

    def parts(self, asked: PageAsked, skus: Sequence[str], most: int) -> list[bytes] | None:
        """Each item's part of the answer; None where more than so many are to be written."""
        now = self._clock()
        self._begin_anew(now)
        found = [self._parts[sku].get(asked) for sku in skus]
        if found.count(None) > most:
            return None
        return [part or self._write(asked, sku, now) for sku, part in zip(skus, found, strict=True)]

    def join(self, parts: Sequence[bytes]) -> Plain:
        """The answer; its mark is that of what it says, not of the moment it was said."""
        items = b",".join(parts)
        body = b'{"version":"%s","as_of":%s,"stale":%s,"items":[%s]}' % (
            str(self.snapshot.version).encode(),
            _encode(self._clock()),
            b"true" if self.promises.is_stale else b"false",
            items,
        )
        return Plain(body, b'"%s"' % blake2b(items, digest_size=9).hexdigest().encode())

    def _write(self, asked: PageAsked, sku: str, now: datetime) -> bytes:
        before, seen = self._changes, self._seen
        part = self._write_anew(self.snapshot, self.promises, asked, sku, now)
        if sku in self.snapshot.catalog.items:  # Nobody fills the book with what nobody sells.
            self._parts[sku][asked] = part
            self._count += 1
            if self._changes != before or self._seen is not seen:
                self._parts[sku].pop(asked, None)
        return part

    def _begin_anew(self, now: datetime) -> None:
        """Forget everything when a minute is over, or when a part of the snapshot was swapped."""
        snapshot = self.snapshot
        seen = (
            int(now.timestamp()) // MINUTE_SECONDS,
            self.promises.is_blind,
            *map(id, (self.promises.prices, snapshot.lanes, snapshot.bars, snapshot.catalog)),
        )
        if seen != self._seen or self._count > PARTS_MAX:
            self._parts, self._count, self._seen = defaultdict(dict), 0, seen

    def forget(self, skus: Collection[str] | None) -> None:
        """Strike out these items and the bundles they are part of, or everything."""
        self._changes += 1
        if skus is None:
            self._seen = ()
            return
        bundles_of = self.snapshot.catalog.bundles_of
        for sku in skus:
            for changed in (sku, *bundles_of.get(sku, ())):
                self._parts.pop(changed, None)
