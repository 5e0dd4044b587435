"""News for open pages: one listener of the journal in a process tells all of its readers.

News only wakes: a page that hears of something that concerns it asks for itself again. Nothing
is ever read from the database here, and a slow reader is told once of many things.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from ovunque.platform.journal import Entry

ALIVE_SECONDS = 10.0  # A word now and then: silence means that the line is dead.
READERS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What one page shows: an order, the work of a location, or everything."""

    order_id: UUID | None = None
    location_id: UUID | None = None
    kinds: tuple[str, ...] = ()  # By their beginnings; none: all.

    def concerns(self, entry: Entry) -> bool:
        if self.order_id is not None and entry.order_id != self.order_id:
            return False
        if self.kinds and not entry.kind.startswith(self.kinds):
            return False
        told = entry.body.get("location")
        if self.location_id is None or told is None:
            return True
        others = entry.body.get("others", ())  # Who was asked beside it, and loses or keeps it.
        return str(self.location_id) in (told, entry.body.get("to"), *others)


@dataclass(slots=True, eq=False)
class Reader:
    """One open page; its news waits in its own event loop."""

    interest: Interest
    loop: asyncio.AbstractEventLoop
    news: asyncio.Event = field(default_factory=asyncio.Event)
    cursor: str = ""

    def tell(self, cursor: str) -> None:
        self.cursor = cursor
        self.news.set()


class Feed:
    """All readers of a process."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._lock = Lock()

    def tell(self, entries: Sequence[Entry]) -> None:
        """Wake whoever is concerned; called in the thread that follows the journal."""
        with self._lock:
            readers = tuple(self._readers)
        for reader in readers:
            found = next((e for e in reversed(entries) if reader.interest.concerns(e)), None)
            if found is not None and not reader.loop.is_closed():
                reader.loop.call_soon_threadsafe(reader.tell, str(found.cursor))

    def open(self, interest: Interest) -> Reader | None:
        """A place among the readers; None when there is no more room."""
        reader = Reader(interest, asyncio.get_running_loop())
        with self._lock:
            if len(self._readers) >= READERS_MAX:
                return None
            self._readers.add(reader)
        return reader

    def close(self, reader: Reader) -> None:
        with self._lock:
            self._readers.discard(reader)

    async def events(self, reader: Reader) -> AsyncIterator[str]:
        """The stream of server-sent events of one reader, until it goes away."""
        try:
            yield "event: open\ndata:\n\n"
            while True:
                try:
                    await asyncio.wait_for(reader.news.wait(), ALIVE_SECONDS)
                except TimeoutError:
                    yield "event: alive\ndata:\n\n"
                    continue
                reader.news.clear()
                yield f"event: news\nid: {reader.cursor}\ndata:\n\n"
        finally:
            self.close(reader)
