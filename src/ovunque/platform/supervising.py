"""Runs the processes of a server together: started, restarted when one dies, ended as one.

SIGUSR1 renews them one after another: the new one is ready before the old one ends, so that
nobody outside notices that the code is another.

A child learns that its parent is gone by the end of its standard input, even after kill -9:
nothing is left behind.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from types import FrameType

import structlog

ENDING_SECONDS_MAX = 20.0
RESTART_SECONDS_MIN = 1.0  # A child that dies at once is not started in a loop that burns.
READY_SECONDS_MAX = 120.0
READY_FD = "OVUNQUE_READY_FD"  # Names the child's end of the pipe.
DEATHS_MAX = 5  # In a row, each soon after its start: the server gives up.
SOON_SECONDS = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to run, as arguments to this Python; `fds` are open files handed to it."""

    name: str
    arguments: tuple[str, ...]
    fds: tuple[int, ...] = ()
    tells_ready: bool = False


@dataclass(slots=True)
class _Child:
    program: Program
    process: "subprocess.Popen[bytes]"
    ready: int | None  # Our end of the pipe through which it tells.
    started: float
    deaths: int = 0


class Supervisor:
    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._ending = Event()
        self._renewal = Event()
        self._children = [self._launch(program) for program in programs]

    def _launch(self, program: Program) -> _Child:
        ear, mouth = os.pipe() if program.tells_ready else (None, None)
        told = {} if mouth is None else {READY_FD: str(mouth)}
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", *program.arguments],
            stdin=subprocess.PIPE,
            pass_fds=program.fds if mouth is None else (*program.fds, mouth),
            env=self._environment | told,
            start_new_session=True,  # A Ctrl-C comes to us alone; we end the children in order.
        )
        if mouth is not None:
            os.close(mouth)
        return _Child(program, process, ear, monotonic())

    def run(self) -> int:
        """Watch over the children until a signal ends us; 0, or 1 when one keeps dying."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)
        signal.signal(signal.SIGUSR1, lambda *_: self._renewal.set())
        try:
            while not self._ending.wait(0.2):
                if self._renewal.is_set():
                    self._renewal.clear()
                    self._renew_all()
                if not all(self._look_after(nth) for nth in range(len(self._children))):
                    return 1
            return 0
        finally:
            self.close()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()

    def _look_after(self, nth: int) -> bool:
        child = self._children[nth]
        code = child.process.poll()
        if code is None:
            return True
        lived = monotonic() - child.started
        deaths = child.deaths + 1 if lived < SOON_SECONDS else 1
        log.error("process.died", name=child.program.name, code=code, deaths=deaths)
        self._forget(child)
        if deaths >= DEATHS_MAX:
            return False
        self._ending.wait(RESTART_SECONDS_MIN)
        self._children[nth] = self._launch(child.program)
        self._children[nth].deaths = deaths
        return True

    def _renew_all(self) -> None:
        """A new process for each, one at a time; if one does not come up, the old ones go on."""
        for nth, old in enumerate(self._children):
            new = self._launch(old.program)
            if self._ending.is_set() or not is_ready(new):
                log.error("process.not_renewed", name=old.program.name)
                self._end_child(new)
                return
            self._children[nth] = new
            self._end_child(old)
            log.info("process.renewed", name=old.program.name, pid=new.process.pid)

    def close(self) -> None:
        """End all children, first gently; returns when none is left."""
        for child in self._children:
            child.process.terminate()
        deadline = monotonic() + ENDING_SECONDS_MAX
        for child in self._children:
            self._wait_for(child, deadline)

    def _end_child(self, child: _Child) -> None:
        child.process.terminate()
        self._wait_for(child, monotonic() + ENDING_SECONDS_MAX)

    def _wait_for(self, child: _Child, deadline: float) -> None:
        try:
            child.process.wait(max(0.1, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        self._forget(child)

    def _forget(self, child: _Child) -> None:
        if child.ready is not None:
            os.close(child.ready)
            child.ready = None
        if child.process.stdin is not None:
            child.process.stdin.close()


def is_ready(child: _Child) -> bool:
    """Whether a new child serves by now; one that cannot tell is believed when it lives."""
    if child.ready is None:
        return child.process.poll() is None
    heard, _, _ = select.select([child.ready], [], [], READY_SECONDS_MAX)
    return bool(heard) and os.read(child.ready, 16) != b""


def ready_fd() -> int | None:
    """Called in a child: where to say that it serves, if anybody wants to know."""
    told = os.environ.get(READY_FD)
    return None if told is None else int(told)


def end_with_parent() -> None:
    """Called in a child: ask this process to end when the parent's end of our input closes."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="lifeline", daemon=True).start()


def wake_gently() -> None:
    """Called in a child, before it has threads: when it wakes, nobody is pushed off a core for it.

    A process that talks with the database wakes thousands of times a second. Each time it took the
    core from whoever was about to answer it, or from the client that waits for both.
    """
    if hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(OSError):  # Not everybody may choose.
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
