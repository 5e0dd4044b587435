"""Group commit: many callers, one writer, one transaction for whatever has arrived meanwhile.

While one batch is in the database the next one collects. An idle writer takes a batch of one at
once, a busy one takes all that waits, and first lets those come back whom it has just answered.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic
from typing import Generic, Protocol, TypeVar

import structlog

from ovunque.kernel.refusal import Refusal
from ovunque.platform import tracing
from ovunque.platform.telemetry import (
    BATCH_BISECTIONS,
    BATCH_SECONDS,
    BATCH_SIZE,
    QUEUE,
    QUEUE_REFUSED,
    QUEUE_SECONDS,
)

SILENCE_SECONDS = 0.0015  # Nobody came for so long: nobody else is coming.
PATIENCE_SECONDS_MAX = 0.05  # However long the batch before took: who waits too long is refused.
COMPANY_MIN = 4  # With fewer in flight, waiting costs more than a batch saves.

A = TypeVar("A")
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    batch_max: int = 512
    queue_max: int = 4_096
    wait_seconds_max: float = 2.0


@dataclass(frozen=True, slots=True)
class Again(Generic[A]):
    """Not decided yet: this goes to the head of the next batch."""

    ask: A


class Promise(Protocol[R_contra]):
    """Where an answer goes: a future of `concurrent.futures` or of `asyncio`."""

    def done(self) -> bool: ...
    def set_result(self, result: R_contra, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...


Settled = tuple[Promise[R], R | Exception]


def settle(answers: Sequence[Settled[R]]) -> None:
    """Give each promise its answer; one that nobody awaits any more is passed over."""
    for promise, answer in answers:
        if promise.done():
            continue
        with suppress(InvalidStateError):  # Given up between the look and the answer.
            if isinstance(answer, Exception):
                promise.set_exception(answer)
            else:
                promise.set_result(answer)


@dataclass(slots=True)
class Waiting(Generic[A, R]):
    """An ask on its way, and where its answer goes."""

    ask: A
    answer: Promise[R]
    since: float
    entered: bool = False
    trace: str = ""  # Where whoever asked is in a trace.


def traces_of(batch: Sequence[Waiting[A, R]]) -> Iterator[str]:
    return (each.trace for each in batch if each.trace)


class Batcher(Generic[A, R]):
    """Hands batches to `write`, which commits one whole and answers each ask or says `Again`.

    `write` raising means that nothing of the batch was committed: the batch is halved until the
    poisoned ask stands alone; only that one fails. What `is_away` tells to be nobody's fault fails
    them all at once: the same again would only keep everybody waiting.
    """

    def __init__(
        self,
        write: Callable[[Sequence[A]], Sequence[R | Again[A]]],
        limits: BatchLimits | None = None,
        deliver: Callable[[Sequence[Settled[R]]], None] = settle,
        is_away: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        self._write = write
        self._limits = limits or BatchLimits()
        self._deliver = deliver
        self._is_away = is_away
        self._queue: deque[Waiting[A, R]] = deque()
        self._arrived = Condition()
        self._closing = False
        self._expected = 0  # So many were on their way when the batch before was answered.
        self._patience = 0.0  # Seconds that it took, within bounds.
        self._thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._run, name="batcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer all that waits, then stop."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        if self._thread is not None:
            self._thread.join()

    def submit(self, ask: A) -> "Future[R]":
        """The answer to come; refused as `queue_full` when too many wait already."""
        answer: Future[R] = Future()
        self.put(ask, answer)
        return answer

    def put(self, ask: A, answer: Promise[R]) -> None:
        """Queue an ask whose answer goes to a promise of the caller's."""
        if self._queue_all([(ask, answer, tracing.here())]):
            raise Refusal("queue_full")

    def put_all(self, asks: Sequence[tuple[A, Promise[R], str]]) -> None:
        """Queue several that may go together, each with its place in a trace.

        What finds no room is refused by its promise.
        """
        refused = self._queue_all(asks)
        settle([(answer, Refusal("queue_full")) for _, answer, _ in refused])

    def _queue_all(
        self, asks: Sequence[tuple[A, Promise[R], str]]
    ) -> Sequence[tuple[A, Promise[R], str]]:
        """Queue as many as there is room for; returns the others."""
        since = monotonic()
        with self._arrived:
            room = 0 if self._closing else max(0, self._limits.queue_max - len(self._queue))
            self._queue.extend(
                Waiting(ask, answer, since, trace=trace) for ask, answer, trace in asks[:room]
            )
            self._arrived.notify()
        refused = asks[room:]
        if refused:
            QUEUE_REFUSED.labels("full").inc(len(refused))
        return refused

    def _run(self) -> None:
        while batch := self._next_batch():
            began = monotonic()
            again = self._settle(batch)
            with self._arrived:
                self._queue.extendleft(reversed(again))
                in_flight = len(batch) + len(self._queue) - len(again)
                self._expected = in_flight if in_flight >= COMPANY_MIN else 0
                self._patience = min(monotonic() - began, PATIENCE_SECONDS_MAX)

    def _next_batch(self) -> list[Waiting[A, R]]:
        with self._arrived:
            while not self._queue and not self._closing:
                self._arrived.wait()
            self._wait_for_company()
            size = min(len(self._queue), self._limits.batch_max)
            QUEUE.set(len(self._queue) - size)
            return [self._queue.popleft() for _ in range(size)]

    def _wait_for_company(self) -> None:
        """Let those come back who were just answered, while they keep coming.

        Without it two halves take turns, and each pays for a batch of its own. It never lasts
        longer than the batch before, nor than a moment.
        """
        end, before = monotonic() + self._patience, 0
        while before < len(self._queue) < self._expected and monotonic() < end:
            before = len(self._queue)
            self._arrived.wait(SILENCE_SECONDS)

    def _settle(self, batch: list[Waiting[A, R]]) -> list[Waiting[A, R]]:
        oldest = monotonic() - self._limits.wait_seconds_max
        fresh: list[Waiting[A, R]] = []
        late: list[Waiting[A, R]] = []
        for each in batch:
            (fresh if each.entered or each.since >= oldest else late).append(each)
            each.entered = True
        QUEUE_SECONDS.observe(monotonic() - min(each.since for each in batch))
        if late:
            QUEUE_REFUSED.labels("late").inc(len(late))
            self._deliver([(each.answer, Refusal("busy")) for each in late])
        return self.flush(fresh) if fresh else []

    def flush(self, batch: list[Waiting[A, R]]) -> list[Waiting[A, R]]:
        """Write one batch and answer it; returns what has to be decided again."""
        started = monotonic()
        try:
            with tracing.span("intake.batch", links=traces_of(batch), size=len(batch)):
                outcomes = self._write([each.ask for each in batch])
        except Exception as error:
            return self._isolate(batch, error)
        BATCH_SECONDS.observe(monotonic() - started)
        BATCH_SIZE.observe(len(batch))
        again: list[Waiting[A, R]] = []
        answers: list[Settled[R]] = []
        for each, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Again):
                each.ask = outcome.ask
                again.append(each)
            else:
                answers.append((each.answer, outcome))
        if answers:
            self._deliver(answers)
        return again

    def _isolate(self, batch: list[Waiting[A, R]], error: Exception) -> list[Waiting[A, R]]:
        if self._is_away(error):
            log.warning("batch.failed", size=len(batch), error=repr(error))
            self._deliver([(each.answer, error) for each in batch])
            return []
        if len(batch) == 1:
            log.error("batch.poison", error=repr(error), exc_info=error)
            self._deliver([(batch[0].answer, error)])
            return []
        BATCH_BISECTIONS.inc()
        log.warning("batch.bisected", size=len(batch), error=repr(error))
        middle = len(batch) // 2
        return self.flush(batch[:middle]) + self.flush(batch[middle:])
