"""A server that ends in two steps: first it says so and serves on, then it stops.

Balancers learn from `/readyz` that nothing more should be sent here, and every answer closes its
connection, so that nobody is in the middle of a request when the process goes.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from socket import socket
from types import FrameType
from typing import Any

import uvicorn

from ovunque.platform.http.door import Doorman


@dataclass(slots=True)
class Draining:
    """Whether this process is about to end."""

    begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How a server comes and goes: whom it tells that it is ready, and how it takes leave."""

    leave: Callable[[], None]
    seconds: float
    alone: bool = True  # No other process stands behind the same door.
    ready_fd: int | None = None  # Of a pipe to the parent.


class DrainingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, passage: Passage) -> None:
        super().__init__(config)
        self._passage = passage
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = False
        self._doormen: list[Doorman] = []

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As ever, but that the sockets, which listen already, are attended by doormen."""
        await super().startup([])
        self._loop = asyncio.get_running_loop()
        self._doormen = [
            Doorman(
                door,
                self._protocol,
                lambda: len(self.server_state.connections),
                courteous=not self._passage.alone,
            )
            for door in sockets or ()
        ]
        for each in self._doormen:
            each.open()
        if self._passage.ready_fd is not None:
            os.write(self._passage.ready_fd, b"ready\n")

    def _protocol(self) -> asyncio.Protocol:
        """What speaks with one guest: made as uvicorn makes it."""
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for each in self._doormen:
            each.close()
        for each in self._doormen:
            await each.wait_closed()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the leave; a second one, or one before the start, ends it."""
        if self._loop is None or self._leaving:
            super().handle_exit(sig, frame)
            return
        self._leaving = True
        self._passage.leave()
        end = partial(super().handle_exit, sig, frame)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._passage.seconds, end)
