"""The processes of a server: started, restarted and ended together, on real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from tests.journeys.family import MODULE

from ovunque.platform.embedded import wait_until
from ovunque.platform.supervising import DEATHS_MAX, wake_gently

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 20


class Family:
    """A parent process, and what its children tell through the pipe that all of them hold."""

    def __init__(self, parent: "subprocess.Popen[bytes]", pipe: int) -> None:
        self.parent = parent
        self._pipe = pipe
        self._told = b""
        self.gone = False

    def births(self) -> list[tuple[str, int]]:
        """Every child so far, by kind and number, in the order in which they spoke.

        Children that are started together are real processes: any of them may speak first.
        """
        self._listen()
        lines = self._told.decode().split("\n")[:-1]
        return [(kind, int(pid)) for kind, pid in (line.split() for line in lines)]

    def _listen(self) -> None:
        while not self.gone:
            try:
                heard = os.read(self._pipe, 4_096)
            except BlockingIOError:
                return
            self._told += heard
            self.gone = not heard

    def has(self, count: int) -> bool:
        return wait_until(lambda: len(self.births()) == count, SECONDS_MAX)

    def ends(self) -> bool:
        """Whether parent and children are all gone: nobody holds the pipe any more."""
        return wait_until(lambda: self.births() is not None and self.gone, SECONDS_MAX)

    def end_code(self) -> int:
        return self.parent.wait(SECONDS_MAX)


@contextmanager
def family(*kinds: str) -> Iterator[Family]:
    """A parent with children of some kinds; whatever happens, none of them is left behind."""
    ear, mouth = os.pipe()
    os.set_blocking(ear, False)
    parent = subprocess.Popen(
        [sys.executable, "-m", MODULE, "parent", str(mouth), *kinds],
        cwd=ROOT,
        pass_fds=[mouth],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(mouth)
    living = Family(parent, ear)
    try:
        yield living
    finally:
        parent.kill()
        parent.wait()
        for _, pid in [] if living.gone else living.births():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.close(ear)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_parent_ends_all(number: signal.Signals) -> None:
    with family("sturdy", "sturdy") as living:
        assert living.has(2)
        living.parent.send_signal(number)

        assert living.ends()
        assert living.end_code() == 0
        assert len(living.births()) == 2


def test_children_do_not_outlive_a_parent_that_was_killed() -> None:
    with family("sturdy", "sturdy") as living:
        assert living.has(2)
        living.parent.kill()

        assert living.ends()


def test_a_child_that_died_is_started_again_and_the_others_live_on() -> None:
    with family("sturdy", "sturdy") as living:
        assert living.has(2)
        (_, first), (_, second) = living.births()
        os.kill(first, signal.SIGKILL)

        assert living.has(3)
        assert living.births()[2][1] not in (first, second)
        os.kill(second, 0)
        living.parent.send_signal(signal.SIGTERM)
        assert living.ends()
        assert (living.end_code(), len(living.births())) == (0, 3)


def test_a_child_that_keeps_dying_ends_the_whole_family() -> None:
    with family("frail", "sturdy") as living:
        assert living.ends()
        assert living.end_code() == 1

        assert [kind for kind, _ in living.births()].count("frail") == DEATHS_MAX


def test_a_child_that_does_not_listen_is_ended_all_the_same() -> None:
    with family("deaf", "sturdy") as living:
        assert living.has(2)
        living.parent.send_signal(signal.SIGTERM)

        assert living.ends()
        assert living.end_code() == 0


def test_each_child_is_renewed_when_its_successor_is_ready() -> None:
    with family("prompt", "sturdy") as living:
        assert living.has(2)
        living.parent.send_signal(signal.SIGUSR1)
        assert living.has(4)
        before, after = living.births()[:2], living.births()[2:]
        assert sorted(kind for kind, _ in before) == ["prompt", "sturdy"]
        assert [kind for kind, _ in after] == ["prompt", "sturdy"]  # One after another.
        assert wait_until(lambda: not any(lives(pid) for _, pid in before), SECONDS_MAX)
        assert all(lives(pid) for _, pid in after)

        living.parent.send_signal(signal.SIGTERM)
        assert living.ends()
        assert (living.end_code(), len(living.births())) == (0, 4)


def test_a_child_whose_successor_never_gets_ready_goes_on() -> None:
    with family("late") as living:
        assert living.has(1)
        living.parent.send_signal(signal.SIGUSR1)
        assert living.has(2)
        (_, old), (_, new) = living.births()
        assert wait_until(lambda: not lives(new), SECONDS_MAX)
        assert lives(old)

        living.parent.send_signal(signal.SIGTERM)
        assert living.ends()
        assert (living.end_code(), len(living.births())) == (0, 2)


def test_a_child_that_wakes_gently_does_so_with_all_its_threads() -> None:
    policies: list[int] = []

    def look() -> None:
        policies.append(os.sched_getscheduler(0))

    def child() -> None:
        wake_gently()
        thread = Thread(target=look)
        thread.start()
        thread.join()

    gentle = Thread(target=child)
    gentle.start()
    gentle.join()
    assert policies == [os.SCHED_BATCH]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
