"""Runs the processes of a server together: started, restarted when one dies, ended as one.

A child learns that its parent is gone by the end of its standard input, even after kill -9:
nothing is left behind.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from types import FrameType

import structlog

ENDING_SECONDS_MAX = 20.0
RESTART_SECONDS_MIN = 1.0  # A child that dies at once is not started in a loop that burns.
DEATHS_MAX = 5  # In a row, each soon after its start: the server gives up.
SOON_SECONDS = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to run, as arguments to this Python; `fds` are open files handed to it."""

    name: str
    arguments: tuple[str, ...]
    fds: tuple[int, ...] = ()


@dataclass(slots=True)
class _Child:
    program: Program
    process: "subprocess.Popen[bytes]"
    started: float
    deaths: int = 0


class Supervisor:
    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._ending = Event()
        self._children = [
            _Child(program, self._launch(program), monotonic()) for program in programs
        ]

    def _launch(self, program: Program) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", *program.arguments],
            stdin=subprocess.PIPE,
            pass_fds=program.fds,
            env=self._environment,
            start_new_session=True,  # A Ctrl-C comes to us alone; we end the children in order.
        )

    def run(self) -> int:
        """Watch over the children until a signal ends us; 0, or 1 when one keeps dying."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)
        try:
            while not self._ending.wait(0.2):
                if not all(self._look_after(child) for child in self._children):
                    return 1
            return 0
        finally:
            self.close()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()

    def _look_after(self, child: _Child) -> bool:
        code = child.process.poll()
        if code is None:
            return True
        lived = monotonic() - child.started
        child.deaths = child.deaths + 1 if lived < SOON_SECONDS else 1
        log.error("process.died", name=child.program.name, code=code, deaths=child.deaths)
        if child.deaths >= DEATHS_MAX:
            return False
        self._ending.wait(RESTART_SECONDS_MIN)
        child.process, child.started = self._launch(child.program), monotonic()
        return True

    def close(self) -> None:
        """End all children, first gently; returns when none is left."""
        for child in self._children:
            child.process.terminate()
        deadline = monotonic() + ENDING_SECONDS_MAX
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def end_with_parent() -> None:
    """Called in a child: ask this process to end when the parent's end of our input closes."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="lifeline", daemon=True).start()
