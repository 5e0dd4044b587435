"""What channels may sell, remembered until it changes: an answer costs the same at any size."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from ovunque.platform.clock import Clock
from ovunque.sourcing.selling import Reach, reach_of
from ovunque.sourcing.snapshot import Snapshot

BYTES_MAX = 128_000_000  # Of all pages together; when there are more, everything is forgotten.
ENTRY_BYTES = 200  # What a dictionary takes for an entry, about.

Write = Callable[[Snapshot, Reach, str, datetime], bytes]


@dataclass(slots=True)
class Page:
    """The answers of one channel by one service: each item's part of it as bytes, by its sku."""

    reach: Reach
    write: Write
    items: dict[str, bytes] = field(default_factory=dict)


class Book:
    """Answers written down. The follower of the journal strikes out what has changed.

    Written by the thread that answers, struck out by the one that follows, without a lock: who
    writes looks afterwards whether anything changed since before they looked at the stock.
    """

    def __init__(self, snapshot: Snapshot, clock: Clock) -> None:
        self.snapshot = snapshot
        self._clock = clock
        self._turn: datetime | None = None  # When numbers change by themselves.
        self._pages: dict[tuple[str, str | None, Write], Page] = {}
        self._changes = 0
        self._bytes = 0
        snapshot.watchers.append(self.forget)
        self._begin_anew()

    def page(self, channel: str, service: str | None, write: Write) -> Page | None:
        """The page of a channel and a service; None when there is no such channel."""
        if self._turn is not None and self._clock() >= self._turn:
            self._begin_anew()
        pages = self._pages
        page = pages.get((channel, service, write))
        if page is None:
            network = self.snapshot.network
            view = network.channels.get(channel)
            if view is None:
                return None
            page = pages[channel, service, write] = Page(reach_of(view, network, service), write)
        return page

    def write(self, page: Page, sku: str) -> bytes | None:
        """An item's part of the answer, written anew; None when there is no such item."""
        before = self._changes
        if sku not in self.snapshot.catalog.items:
            return None
        told = page.items[sku] = page.write(self.snapshot, page.reach, sku, self._clock())
        if self._changes != before:
            page.items.pop(sku, None)
        self._bytes += len(told) + ENTRY_BYTES
        if self._bytes > BYTES_MAX:
            self._begin_anew()
        return told

    def _begin_anew(self) -> None:
        self._pages, self._bytes = {}, 0
        now = self._clock()
        turns = (self.snapshot.kept.book.next_turn(now), self.snapshot.ahead.next_turn(now))
        self._turn = min((each for each in turns if each is not None), default=None)

    def forget(self, skus: Collection[str] | None) -> None:
        """Strike out these items and the bundles they are part of, or everything."""
        self._changes += 1
        if skus is None:
            self._begin_anew()
            return
        bundles_of = self.snapshot.catalog.bundles_of
        changed = [*skus, *(bundle for sku in skus for bundle in bundles_of.get(sku, ()))]
        for page in list(self._pages.values()):
            for sku in changed:
                page.items.pop(sku, None)
