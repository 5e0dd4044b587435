"""Lets connections in, so that several processes behind one door share them.

An event loop accepts all who wait, so that one process would have a whole crowd, for as long as
its connections last, while the others stand idle. Here who has guests waits a moment before it
takes another: who has fewer comes first.
"""

import asyncio
import errno
from collections.abc import Callable
from socket import socket

import structlog

COURTESY_SECONDS = 0.001  # For each guest, up to so many: the longest step an idle process needs.
COURTESIES_MAX = 2
AT_ONCE_PER_GUEST = 8  # One more of a crowd is let in together for so many that are here.
PAUSE_SECONDS = 1.0
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = structlog.get_logger()


class Doorman:
    """Accepts on a listening socket that others may listen on too; begins with `open`."""

    def __init__(
        self,
        door: socket,
        protocol: Callable[[], asyncio.Protocol],
        guests: Callable[[], int],
        *,
        courteous: bool,
    ) -> None:
        door.setblocking(False)
        self._door = door
        self._protocol = protocol
        self._guests = guests
        self._courteous = courteous
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[object]] = set()
        self._waiting: asyncio.TimerHandle | None = None

    def open(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._door, self._hear_a_knock)

    def close(self) -> None:
        """Take nobody more; whoever waits at the door is left to the others."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._loop.remove_reader(self._door)

    async def wait_closed(self) -> None:
        """Let those come in whose connection was just taken."""
        await asyncio.gather(*self._entering, return_exceptions=True)

    @property
    def _here(self) -> int:
        """Guests, and those who are just coming in."""
        return self._guests() + len(self._entering)

    def _hear_a_knock(self) -> None:
        here = self._here if self._courteous else 0
        if here:
            self._come_back(COURTESY_SECONDS * min(here, COURTESIES_MAX), self._let_in)
        else:
            self._let_in()

    def _come_back(self, seconds: float, then: Callable[[], None]) -> None:
        """Not look at the door meanwhile: it would say again and again that somebody waits."""
        self._loop.remove_reader(self._door)
        self._waiting = self._loop.call_later(seconds, then)

    def _let_in(self) -> None:
        try:
            for _ in range(1 + self._here // AT_ONCE_PER_GUEST):
                guest, _ = self._door.accept()
                guest.setblocking(False)
                entering = self._loop.connect_accepted_socket(self._protocol, guest)
                task: asyncio.Task[object] = self._loop.create_task(entering)
                self._entering.add(task)
                task.add_done_callback(self._entering.discard)
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            pass  # Somebody else was faster, or they went away.
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise
            log.error("door.exhausted", error=repr(error))
            self._come_back(PAUSE_SECONDS, self.open)
            return
        self.open()
