"""The door that several processes share: nobody takes a whole crowd, and nobody is left outside."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from structlog.testing import capture_logs

from ovunque.platform.http.door import Doorman

SECONDS_MAX = 20


class House:
    """Who has come in by one doorman."""

    def __init__(self, door: socket.socket, guests: int = 0, *, courteous: bool = True) -> None:
        self.guests = guests
        self.before = guests
        self.doorman = Doorman(door, self.welcome, lambda: self.guests, courteous=courteous)
        self.doorman.open()

    def welcome(self) -> asyncio.Protocol:
        self.guests += 1
        return asyncio.Protocol()

    @property
    def came(self) -> int:
        return self.guests - self.before


@contextmanager
def street() -> Iterator[tuple[Callable[[], socket.socket], Any]]:
    """The way to hold a door as a process of its own does, and where it is."""
    with ExitStack() as ending, socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)  # All who hold it wait alike.
        yield lambda: ending.enter_context(door.dup()), door.getsockname()


@contextmanager
def crowd(place: Any, count: int) -> Iterator[None]:
    with ExitStack() as ending:
        for _ in range(count):
            ending.enter_context(socket.create_connection(place))
        yield


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():
            await asyncio.sleep(0)


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def test_who_has_guests_leaves_the_next_one_to_who_has_none() -> None:
    async def scene() -> None:
        with street() as (door, place):
            full, empty = House(door(), guests=3), House(door())
            with crowd(place, 1):
                await until(lambda: full.came + empty.came == 1)
            assert (full.came, empty.came) == (0, 1)

    run(scene())


def test_a_crowd_is_shared() -> None:
    async def scene() -> None:
        with street() as (door, place):
            houses = [House(door()), House(door())]
            with crowd(place, 8):
                await until(lambda: sum(each.came for each in houses) == 8)
            assert min(each.came for each in houses) >= 2

    run(scene())


def test_who_is_alone_or_full_lets_everybody_in_all_the_same() -> None:
    async def scene() -> None:
        with street() as (door, place):
            full = House(door(), guests=100)
            with crowd(place, 60):
                await until(lambda: full.came == 60)

    run(scene())


def test_who_leaves_the_door_leaves_the_others_who_wait() -> None:
    async def scene() -> None:
        with street() as (door, place):
            first, second = House(door(), guests=1), House(door(), guests=1)
            with crowd(place, 3):
                await asyncio.sleep(0)  # Both have heard the knock, and hesitate.
                first.doorman.close()
                await first.doorman.wait_closed()
                await until(lambda: second.came == 3)
            assert first.came == 0

    run(scene())


def test_a_doorman_without_a_place_for_more_pauses_and_comes_back() -> None:
    class Exhausted(socket.socket):
        """As a socket is when the process may open no more files."""

        tries = 0

        def accept(self) -> tuple[socket.socket, Any]:
            self.tries += 1
            if self.tries == 1:
                raise OSError(errno.EMFILE, "Too many open files")
            return super().accept()

    async def scene() -> None:
        with street() as (door, place), Exhausted(fileno=door().detach()) as exhausted:
            house = House(exhausted)
            with crowd(place, 1):
                await until(lambda: house.came == 1)
            assert exhausted.tries == 2, "it did not ask again and again meanwhile"

    with capture_logs() as logs:
        run(scene())
    assert [each["event"] for each in logs] == ["door.exhausted"]
