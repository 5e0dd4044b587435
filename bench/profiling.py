"""How a profile is taken: a clock for steps, samples for functions, the server's own statements."""

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import psycopg

from bench.stage import Stage

SAMPLE_SECONDS = 0.002  # Of processor time; the kernel may round it up to its own beat.
FUNCTIONS_MAX = 30
OURS, FRAME = "ovunque.", "ovunque.cli."  # The command that started us is no part of the work.
TITLE_LENGTH = 78


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Microseconds an order of one step, function or statement."""

    name: str
    us: float
    calls: float = 0.0  # For each batch.
    wal_bytes: float = 0.0  # For each order.


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The time of an order, taken apart in several ways: each part is the whole, seen anew."""

    name: str
    orders: int
    parts: Mapping[str, Sequence[Cost]]


@dataclass(slots=True)
class Stopwatch:
    """Seconds by what was done: by the clock, and of this thread's processor time."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        began, used = time.perf_counter(), time.thread_time()
        yield
        self.seconds[name] += time.perf_counter() - began
        self.cpu[name] += time.thread_time() - used

    def clear(self) -> None:
        self.seconds.clear()
        self.cpu.clear()


@dataclass(slots=True)
class Samples:
    """How often a function was at work: itself or a library on its behalf, and with all below."""

    total: int = 0
    own: Counter[str] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)

    def take(self, _number: int, frame: FrameType | None) -> None:
        stack = [*_names(frame)]
        ours = [name for name in stack if name.startswith(OURS) and not name.startswith(FRAME)]
        self.total += 1
        self.own[ours[0] if ours else stack[0]] += 1
        self.inclusive.update(set(ours))

    def costs(self, counted: Counter[str], us_in_all: float) -> list[Cost]:
        scale = us_in_all / max(1, self.total)
        return [
            Cost(name=name.removeprefix(OURS), us=round(count * scale, 1))
            for name, count in counted.most_common(FUNCTIONS_MAX)
        ]


def _names(frame: FrameType | None) -> Iterator[str]:
    """The functions at work, the innermost first."""
    while frame is not None:
        yield f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
        frame = frame.f_back


@contextmanager
def sampling() -> Iterator[Samples]:
    """Look at the main thread again and again, by the processor time that is used."""
    samples = Samples()
    before = signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def statements(stage: Stage) -> Iterator[list[tuple[str, float, float, float]]]:
    """What the server spent on each statement meanwhile: text, calls, seconds, bytes logged."""
    found: list[tuple[str, float, float, float]] = []
    with psycopg.connect(stage.url, autocommit=True) as owner:
        owner.execute("create extension if not exists pg_stat_statements")
        owner.execute("select pg_stat_statements_reset()")
        yield found
        rows = owner.execute(
            """
            select query, calls, (total_exec_time + total_plan_time) / 1000, wal_bytes
              from pg_stat_statements
              join pg_database on pg_database.oid = dbid and datname = current_database()
             order by 3 desc
            """
        )
        found += [
            (title(text), float(calls), float(seconds), float(logged))
            for text, calls, seconds, logged in rows
        ]


def title(statement: str) -> str:
    """A statement in one line: its beginning."""
    line = " ".join(statement.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1]}…"
