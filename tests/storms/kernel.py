"""One thread, one heap of events, one source of chance: what runs twice does the same twice.

Virtual time moves only between steps. An actor is a generator: it yields how long it waits, or a
call that it makes, and is sent the answer: `LOST` when none came.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from tests.storms.weather import Fault, Weather

if TYPE_CHECKING:
    from tests.storms.processes import Api

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # A Monday morning in Milan.
PATIENCE = timedelta(seconds=40)  # Then whoever has asked gives up, and asks again.
RARE = 0.04


class Lost:
    """No answer: it may have been done or not."""

    def __repr__(self) -> str:
        return "lost"


LOST = Lost()
Reply = Callable[[Any], None]


@dataclass(frozen=True)
class Call:
    """A message to the house; `do` runs in one of its processes and replies now or later."""

    what: str
    do: Callable[["Api", Reply], None]


Actor = Generator[timedelta | Call, Any, None]
Asking = Generator[timedelta | Call, Any, Any]


@dataclass
class Simulation:
    """Time, chance, what is going to happen, and what has."""

    seed: int
    chance: Random
    weather: Weather
    now: datetime = START
    events: int = 0
    rares: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=50))
    apis: list["Api"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heap: list[tuple[datetime, int, str, Callable[[], None]]] = []
        self._turn = count()
        self._trace = hashlib.sha256()
        self._asked = 0

    # What is going to happen.

    def after(self, delay: timedelta, what: str, do: Callable[[], None]) -> None:
        heappush(self._heap, (self.now + delay, next(self._turn), what, do))

    def step(self, until: datetime) -> bool:
        """Let the next thing happen; False when there is none until then."""
        if not self._heap or self._heap[0][0] > until:
            self.now = max(self.now, until)
            return False
        self.now, _, what, do = heappop(self._heap)
        self.events += 1
        if what:
            self.note(what)
        do()
        return True

    def note(self, text: str) -> None:
        """Into the trace: the same seed tells the same story, word by word."""
        line = f"{(self.now - START).total_seconds():12.3f} {text}"
        self._trace.update(line.encode())
        self.last.append(line)

    def trace(self, *more: str) -> str:
        """The fingerprint of all that has happened, and of what is told beside."""
        whole = self._trace.copy()
        for each in more:
            whole.update(each.encode())
        return whole.hexdigest()[:16]

    # Chance.

    def rare(self, name: str) -> bool:
        """Whether to go a way that is seldom gone; a table tells how often each was."""
        happens = not self.weather.calm and self.chance.random() < RARE
        self.rares[name] += happens
        return happens

    def between(self, low: float, high: float) -> timedelta:
        """So many minutes."""
        return timedelta(minutes=round(self.chance.uniform(low, high), 3))

    # Who acts.

    def spawn(self, name: str, actor: Actor) -> None:
        self._resume(name, actor, None)

    def _resume(self, name: str, actor: Actor, told: Any) -> None:
        try:
            wish = actor.send(told)
        except StopIteration:
            return
        if isinstance(wish, timedelta):
            self.after(wish, "", lambda: self._resume(name, actor, None))
        else:
            self._send(name, wish, lambda answer: self._resume(name, actor, answer))

    def _send(self, name: str, call: Call, resume: Reply) -> None:
        """A message: it may be lost, come twice or hours later; and so may its answer."""
        self._asked += 1
        number = self._asked
        answered = False

        def settle(answer: Any) -> None:
            nonlocal answered
            if not answered:
                answered = True
                self.note(f"{name} #{number} {call.what}: {said(answer)}")
                self.told[f"{call.what}: {said(answer)}"] += 1
                resume(answer)

        def reply(answer: Any) -> None:
            if not self.weather.strikes(Fault.ANSWER_LOST):
                self.after(self._latency(), "", lambda: settle(answer))

        for _ in range(1 + self.weather.strikes(Fault.DOUBLED)):
            if not self.weather.strikes(Fault.LOST):
                late = self.weather.strikes(Fault.DELAYED)
                delay = self.between(1, 150) if late else self._latency()
                self.after(delay, "", lambda: self._arrive(number, call, reply))
        self.after(PATIENCE, "", lambda: settle(LOST))

    def _latency(self) -> timedelta:
        return timedelta(milliseconds=self.chance.randint(5, 500))

    def _arrive(self, number: int, call: Call, reply: Reply) -> None:
        api = self.chance.choice(self.apis)
        self.note(f"#{number} {call.what} at {api.name}")
        api.serve(lambda: call.do(api, reply), call.what)


def said(answer: Any) -> str:
    """An answer in a word or two, for the trace."""
    return str(getattr(answer, "word", answer))


def insist(call: Call, sim: Simulation) -> Asking:
    """Ask until there is an answer: whoever has no answer asks again under the same key."""
    answer = yield call
    while answer is LOST:
        yield sim.between(0.2, 10)
        answer = yield call
    return answer
