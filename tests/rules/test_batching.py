"""Group commit: who comes together is written together, and everyone gets an answer."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ovunque.kernel.refusal import Refusal
from ovunque.platform import batching
from ovunque.platform.batching import Again, Batcher, BatchLimits, Settled, Waiting, settle

SECONDS_MAX = 10
Write = Callable[[Sequence[int]], Sequence[int | Again[int]]]


class Books:
    """What a writer would commit: whole batches, or nothing of a batch with a poisoned ask."""

    def __init__(self, poison: frozenset[int] = frozenset()) -> None:
        self.poison = poison
        self.batches: list[list[int]] = []

    def write(self, batch: Sequence[int]) -> list[int | Again[int]]:
        if self.poison.intersection(batch):
            raise ValueError("poison")
        self.batches.append(list(batch))
        return [-ask for ask in batch]

    @property
    def written(self) -> list[int]:
        return [ask for batch in self.batches for ask in batch]


class Gate:
    """A writer that stops at its first batch until it is let go: what comes meanwhile collects."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self.reached, self.opened = Event(), Event()

    def write(self, batch: Sequence[int]) -> Sequence[int | Again[int]]:
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(SECONDS_MAX)
        return self._write(batch)


@contextmanager
def running(write: Write, limits: BatchLimits | None = None) -> Iterator[Batcher[int, int]]:
    batcher = Batcher(write, limits)
    batcher.start()
    try:
        yield batcher
    finally:
        batcher.close()


def answers(*promises: "Future[int]") -> list[int | str]:
    """What each promise holds: an answer, or the code or text of its exception."""
    told: list[int | str] = []
    for promise in promises:
        error = promise.exception(SECONDS_MAX)
        if error is None:
            told.append(promise.result())
        else:
            told.append(error.code if isinstance(error, Refusal) else str(error))
    return told


def waiting(*asks: int) -> tuple[list[Waiting[int, int]], list["Future[int]"]]:
    promises: list[Future[int]] = [Future() for _ in asks]
    batch = [Waiting(ask, promise, 0.0) for ask, promise in zip(asks, promises, strict=True)]
    return batch, promises


@given(st.integers(1, 40), st.frozensets(st.integers(0, 39), max_size=5))
def test_poison_stands_alone_and_everyone_else_is_written_once(
    size: int, poison: frozenset[int]
) -> None:
    books = Books(poison)
    batch, promises = waiting(*range(size))

    with capture_logs() as alarms:
        assert Batcher(books.write).flush(batch) == []

    poisoned = [ask for ask in range(size) if ask in poison]
    assert answers(*promises) == ["poison" if ask in poison else -ask for ask in range(size)]
    assert books.written == [ask for ask in range(size) if ask not in poison]
    assert [each["event"] for each in alarms].count("batch.poison") == len(poisoned)


def test_one_poisoned_ask_costs_two_tries_for_each_halving() -> None:
    tries: list[int] = []

    def write(batch: Sequence[int]) -> Sequence[int | Again[int]]:
        tries.append(len(batch))
        return Books(frozenset({77})).write(batch)

    batch, _ = waiting(*range(128))
    with capture_logs():
        Batcher(write).flush(batch)

    assert len(tries) == 1 + 2 * 7


def test_what_is_decided_again_comes_back_in_order_even_around_poison() -> None:
    def write(batch: Sequence[int]) -> list[int | Again[int]]:
        if 3 in batch:
            raise ValueError("poison")
        return [Again(ask + 100) if ask % 2 == 0 else -ask for ask in batch]

    batch, promises = waiting(*range(8))

    with capture_logs():
        again = Batcher(write).flush(batch)

    assert [each.ask for each in again] == [100, 102, 104, 106]
    assert answers(*promises[1::2]) == [-1, "poison", -5, -7]
    assert not any(promise.done() for promise in promises[::2])


def test_what_is_decided_again_leads_the_next_batch() -> None:
    batches: list[list[int]] = []

    def write(batch: Sequence[int]) -> list[int | Again[int]]:
        batches.append(list(batch))
        return [Again(ask + 100) if 1 < ask < 100 else -ask for ask in batch]

    gate = Gate(write)
    with running(gate.write, BatchLimits(batch_max=3)) as batcher:
        first = batcher.submit(1)
        assert gate.reached.wait(SECONDS_MAX)
        rest = [batcher.submit(ask) for ask in (2, 3, 4, 500)]
        gate.opened.set()
        assert answers(first, *rest) == [-1, -102, -103, -104, -500]

    assert batches == [[1], [2, 3, 4], [102, 103, 104], [500]]


def test_an_idle_writer_takes_one_and_a_busy_one_takes_all_that_waits() -> None:
    books = Books()
    gate = Gate(books.write)
    with running(gate.write) as batcher:
        first = batcher.submit(1)
        assert gate.reached.wait(SECONDS_MAX)
        rest = [batcher.submit(ask) for ask in range(2, 6)]
        gate.opened.set()
        assert answers(first, *rest) == [-1, -2, -3, -4, -5]

    assert books.batches == [[1], [2, 3, 4, 5]]


def test_a_full_queue_refuses_and_takes_again_when_it_has_room() -> None:
    gate = Gate(Books().write)
    with running(gate.write, BatchLimits(queue_max=2)) as batcher:
        taken = [batcher.submit(1)]
        assert gate.reached.wait(SECONDS_MAX)
        taken += [batcher.submit(2), batcher.submit(3)]
        with pytest.raises(Refusal) as refused:
            batcher.submit(4)
        together: list[Future[int]] = [Future(), Future()]
        batcher.put_all([(6, together[0], ""), (7, together[1], "")])
        gate.opened.set()
        assert answers(*taken) == [-1, -2, -3]
        assert [str(each.exception(SECONDS_MAX)) for each in together] == [str(refused.value)] * 2
        assert answers(batcher.submit(5)) == [-5]

    assert refused.value.code == "queue_full"


class Clock:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(batching, "monotonic", moved)
    return moved


class Company:
    """A writer that takes so many seconds for each batch: for as long the next one may wait."""

    def __init__(self, clock: Clock, seconds: float = 1) -> None:
        self._clock, self._seconds = clock, seconds
        self.sizes: list[int] = []

    def write(self, batch: Sequence[int]) -> list[int | Again[int]]:
        self.sizes.append(len(batch))
        self._clock.seconds += self._seconds
        return [-ask for ask in batch]


def come(batcher: "Batcher[int, int]", asks: Sequence[int]) -> list["Future[int]"]:
    promises: list[Future[int]] = [Future() for _ in asks]
    batcher.put_all([(ask, each, "") for ask, each in zip(asks, promises, strict=True)])
    return promises


def watched(batcher: "Batcher[int, int]", patch: pytest.MonkeyPatch) -> Event:
    """Set as soon as the writer waits for more than the first."""
    arrived, patient = batcher._arrived, Event()
    wait = arrived.wait

    def told(seconds: float | None = None) -> bool:
        if seconds is not None:
            patient.set()
        return wait(seconds)

    patch.setattr(arrived, "wait", told)
    return patient


def test_who_was_answered_together_is_written_together_when_they_come_back(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "SILENCE_SECONDS", SECONDS_MAX)
    company = Company(clock)
    with running(company.write) as batcher:
        patient = watched(batcher, monkeypatch)
        answers(*come(batcher, range(1, 9)))
        back = come(batcher, [1, 2, 3])
        assert patient.wait(SECONDS_MAX), "five more are on their way"
        back += come(batcher, [4]) + come(batcher, [5, 6, 7, 8])
        assert answers(*back) == [-ask for ask in range(1, 9)]
    assert company.sizes == [8, 8]


def test_nobody_is_waited_for_who_does_not_come(clock: Clock) -> None:
    company = Company(clock)
    with running(company.write) as batcher:
        answers(*come(batcher, range(1, 9)))
        assert answers(*come(batcher, [1, 2, 3])) == [-1, -2, -3], "the others stay away"
    assert company.sizes == [8, 3]


@pytest.mark.parametrize(("together", "seconds"), [(3, 1), (8, 0)], ids=["few", "quick"])
def test_a_few_wait_for_nobody_and_nobody_longer_than_a_batch_takes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, together: int, seconds: float
) -> None:
    monkeypatch.setattr(batching, "SILENCE_SECONDS", 10 * SECONDS_MAX)
    company = Company(clock, seconds)
    with running(company.write) as batcher:
        answers(*come(batcher, range(1, together + 1)))
        assert answers(*come(batcher, [1])) == [-1]
    assert company.sizes == [together, 1]


def test_after_a_slow_batch_company_is_waited_for_no_longer_than_a_moment(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They keep coming, one at each look; all would be refused who waited for the last of them."""
    company = Company(clock, seconds=60)
    coming: list[Future[int]] = []
    with running(company.write) as batcher:
        answers(*come(batcher, range(1, 9)))
        arrived = batcher._arrived
        wait = arrived.wait

        def look(seconds: float | None = None) -> bool:
            if seconds is None:
                return wait()
            clock.seconds += batching.PATIENCE_SECONDS_MAX
            coming.extend(come(batcher, [2]))
            return True

        monkeypatch.setattr(arrived, "wait", look)
        assert answers(*come(batcher, [1])) == [-1]
        assert answers(*coming) == [-2] * len(coming)
    assert company.sizes[1] == 2


def test_who_waited_too_long_is_refused_before_he_enters(clock: Clock) -> None:
    books = Books()
    gate = Gate(books.write)
    with running(gate.write, BatchLimits(wait_seconds_max=2)) as batcher:
        first = batcher.submit(1)
        assert gate.reached.wait(SECONDS_MAX)
        late = batcher.submit(2)
        clock.seconds += 1
        fresh = batcher.submit(3)
        clock.seconds += 1.5
        gate.opened.set()
        assert answers(first, late, fresh) == [-1, "busy", -3]

    assert books.written == [1, 3]


def test_who_has_entered_is_told_the_truth_however_late(clock: Clock) -> None:
    def write(batch: Sequence[int]) -> list[int | Again[int]]:
        clock.seconds += 60
        return [Again(ask + 100) if ask < 300 else -ask for ask in batch]

    with running(write, BatchLimits(wait_seconds_max=2)) as batcher:
        assert answers(batcher.submit(1)) == [-301]


def test_closing_answers_all_that_waits_and_takes_nothing_more() -> None:
    def write(batch: Sequence[int]) -> list[int | Again[int]]:
        return [Again(ask + 100) if ask < 100 else -ask for ask in batch]

    gate = Gate(write)
    with running(gate.write, BatchLimits(batch_max=2)) as batcher:
        promises = [batcher.submit(0)]
        assert gate.reached.wait(SECONDS_MAX)
        promises += [batcher.submit(ask) for ask in range(1, 6)]
        gate.opened.set()
        batcher.close()

        assert all(promise.done() for promise in promises)
        assert answers(*promises) == [-100, -101, -102, -103, -104, -105]
        with pytest.raises(Refusal):
            batcher.submit(7)


def test_a_promise_that_nobody_awaits_any_more_is_passed_over() -> None:
    batch, promises = waiting(1, 2, 3)
    promises[1].cancel()

    Batcher(Books().write).flush(batch)

    assert promises[1].cancelled()
    assert answers(promises[0], promises[2]) == [-1, -3]


class Impatient(Future[int]):
    """A caller who gives up in the very moment between the look and the answer."""

    def done(self) -> bool:
        was = super().done()
        self.cancel()
        return was


def test_who_gives_up_while_he_is_answered_takes_nobody_with_him() -> None:
    gone, patient = Impatient(), Future[int]()

    settle([(gone, 1), (patient, 2)])

    assert (gone.cancelled(), patient.result(0)) == (True, 2)


def test_all_answers_of_a_batch_are_delivered_in_one_call() -> None:
    """An event loop is woken once for each batch, and never for nothing."""
    delivered: list[list[Any]] = []

    def deliver(told: Sequence[Settled[int]]) -> None:
        delivered.append([answer for _, answer in told])
        settle(told)

    gate = Gate(Books().write)
    batcher = Batcher(gate.write, deliver=deliver)
    batcher.start()
    first = batcher.submit(1)
    assert gate.reached.wait(SECONDS_MAX)
    rest = [batcher.submit(ask) for ask in (2, 3, 4)]
    gate.opened.set()
    batcher.close()

    assert answers(first, *rest) == [-1, -2, -3, -4]
    assert delivered == [[-1], [-2, -3, -4]]


def test_a_batch_that_is_decided_again_wakes_nobody() -> None:
    delivered: list[Sequence[Settled[int]]] = []
    batch, _ = waiting(1, 2)
    batcher: Batcher[int, int] = Batcher(
        lambda asks: [Again(ask) for ask in asks], deliver=delivered.append
    )

    assert batcher.flush(batch) == batch
    assert delivered == []


def test_a_database_that_is_away_is_asked_once_for_all() -> None:
    tries: list[int] = []

    def write(batch: Sequence[int]) -> list[int | Again[int]]:
        tries.append(len(batch))
        raise ConnectionError("away")

    batch, promises = waiting(*range(100))
    with capture_logs():
        Batcher(write, is_away=lambda error: isinstance(error, ConnectionError)).flush(batch)

    assert tries == [100]
    assert {type(promise.exception()) for promise in promises} == {ConnectionError}
