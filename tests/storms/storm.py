"""A storm: the seed says what happens and what goes wrong; then it is calm, and all must end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, ClassVar

from structlog.testing import capture_logs
from tests.factories import TESTER
from tests.storms import oracle
from tests.storms.actors.care import care
from tests.storms.actors.carriers import carrier
from tests.storms.actors.feeds import count as count_once
from tests.storms.actors.feeds import counting, till
from tests.storms.actors.holders import holder
from tests.storms.actors.movers import mover, supplier
from tests.storms.actors.office import accept, decider, dispatcher, merchandiser, waiting
from tests.storms.actors.shoppers import shopper
from tests.storms.actors.stores import store
from tests.storms.actors.visitors import visitor
from tests.storms.database import Moments, SimDatabase, Stormy
from tests.storms.kernel import START, Simulation
from tests.storms.processes import Api, Process, Worker
from tests.storms.town import CODES, SKUS, Town, ids_of
from tests.storms.weather import Weather, weather_of

from ovunque.stock import deciding, rules
from ovunque.stock.counting import count
from ovunque.stock.model import Count, Key

STORM = timedelta(hours=5)
QUIET_MAX = timedelta(hours=48)
QUIET_MIN = timedelta(hours=3)  # What a clock that ran ahead has booked lies in the past by then.
LOOK_EVERY = timedelta(hours=1)
HOLDERS = 100  # They order as well, under names of their own.


@contextmanager
def small(levels: int) -> Iterator[None]:
    """Limits of our towns, which are small: what makes a feed suspicious, what a job takes at once.

    With few levels a count of a whole store may have to wait for a person.
    """
    theirs = [
        (rules, "SUSPICIOUS_LEVELS_MIN", levels),
        (deciding, "AT_ONCE_MAX", 2),
        (deciding, "COUNTS_MAX", 2),
    ]
    before = [getattr(module, name) for module, name, _ in theirs]
    for module, name, value in theirs:
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name, _), value in zip(theirs, before, strict=True):
            setattr(module, name, value)


@dataclass
class Outcome:
    """What a run was, for the tables and for whoever replays it."""

    seed: int
    trace: str
    events: int
    boundaries: int
    orders: int
    hours: float
    struck: Counter[str]
    rares: Counter[str]
    told: Counter[str]  # Answers, by what was asked.
    rests: Counter[str]  # Where orders have come to rest.

    def table(self) -> dict[str, Any]:
        """In plain values, for whoever adds up many runs."""
        return {
            name: dict(value) if isinstance(value, Counter) else value
            for name, value in vars(self).items()
        }


class Broken(AssertionError):  # noqa: N818 - a finding
    """A run that found something: its seed, the faults that were on, what had just happened."""


@dataclass
class Storm:
    """One run."""

    seed: int
    url: str
    weather: Callable[[Random], Weather] = weather_of
    moments: Callable[[Weather], Moments] = Stormy
    every_step: bool = True  # Look at all invariants after each step that wrote something.
    simulation: ClassVar[type[Simulation]] = Simulation

    def __post_init__(self) -> None:
        chance = Random(self.seed)
        self.sim = self.simulation(seed=self.seed, chance=chance, weather=self.weather(chance))
        self.database = SimDatabase(self.url, self.moments(self.sim.weather))
        self.town = Town(self.sim, self.database, {})
        self.processes: list[Process] = []
        self.logs: list[Any] = []
        self.rests: Counter[str] = Counter()

    def run(self) -> Outcome:
        """The whole story; raises `Broken` where it is not as it must be."""
        try:
            few = self.sim.chance.choice((2, 20))
            with capture_logs() as self.logs, small(few):
                self.set_out()
                for _ in range(STORM // LOOK_EVERY):
                    self.go_on(self.sim.now + LOOK_EVERY)
                self.calm_down()
                self.come_to_rest()
            return self.outcome()
        except Exception as error:
            raise Broken(self.report(error)) from error
        finally:
            self.database.close()

    def set_out(self) -> None:
        """Stock on the shelves, processes up, everybody on their way."""
        sim, town = self.sim, self.town
        sim.weather.calm = True
        town.ids = ids_of(self.database)
        for code in CODES:
            for sku in SKUS:
                low, high = (2, 9) if code == CODES[0] else (0, 4)
                town.building[code, sku] = sim.chance.randint(low, high)
        counts = [
            Count(key=Key(sku, town.ids[code]), on_hand=units, as_of=sim.now - timedelta(hours=1))
            for (code, sku), units in town.building.items()
        ]
        self.database.transact(
            partial(count, by=TESTER, source="start", counts=counts, now=sim.now)
        )
        sim.apis = [Api(f"api {nth}", sim, self.database) for nth in (1, 2)]
        workers = [
            Worker(f"worker {nth}", sim, self.database, town.carrier)
            for nth in range(1, 1 + sim.chance.choice((1, 1, 2)))
        ]
        self.processes = [*sim.apis, *workers]
        for each in self.processes:
            each.start()
        sim.weather.calm = False
        for worker in workers:
            self.work_on(worker)
        self.people()

    def people(self) -> None:
        sim, town = self.sim, self.town
        minutes = STORM.total_seconds() / 60 * 0.7
        for nth in range(sim.chance.randint(4, 12)):
            sim.spawn(f"s{nth}", shopper(town, f"s{nth}", minutes))
        for code in CODES:
            sim.spawn(f"store {code}", store(town, code))
            sim.spawn(f"carrier at {code}", carrier(town, code))
            sim.spawn(f"till {code}", till(town, code))
            sim.spawn(f"counter {code}", counting(town, code))
        sim.spawn("care", care(town))
        for nth in range(sim.chance.randint(1, 5)):
            sim.spawn(f"s{HOLDERS + nth}", holder(town, f"s{HOLDERS + nth}", minutes))
        for nth in range(sim.chance.randint(0, 3)):
            sim.spawn(f"visitor {nth}", visitor(town, f"v{nth}", minutes))
        for name, actor in (("mover", mover), ("supplier", supplier)):
            sim.spawn(name, actor(town))
        for name, actor in (
            ("merchandiser", merchandiser),
            ("head office", decider),
            ("dispatcher", dispatcher),
        ):
            sim.spawn(name, actor(town))

    def work_on(self, worker: Worker) -> None:
        worker.tick()
        calm = self.sim.weather.calm
        delay = self.sim.between(15, 30) if calm else self.sim.between(1, 25)
        self.sim.after(delay, "", lambda: self.work_on(worker))

    def go_on(self, until: datetime, *, whole: bool = True) -> None:
        """Let time pass; after every step look at what it wrote, at the end of it at all."""
        written = self.database.moments.written
        while self.sim.step(until):
            if self.logs:
                oracle.check_logs(self.logs)
            if written and self.every_step:
                oracle.check_written(self.database, written)
                written.clear()
        if whole:
            oracle.check(self.database)

    def calm_down(self) -> None:
        sim = self.sim
        sim.note("it is calm")
        sim.weather.calm = True

    def come_to_rest(self) -> None:
        """Within 48 hours every order ends, or is in the hands of somebody who is named."""
        sim, ends = self.sim, self.sim.now + QUIET_MAX
        self.go_on(sim.now + QUIET_MIN)
        self.count_all()  # With what is found again, some orders go on that had come to rest.
        while left := self.go_on_to_the_end():
            if sim.now >= ends:
                raise oracle.Violated(f"after {QUIET_MAX} there are still on their way: {left}")
        self.count_all()
        self.go_on(sim.now + timedelta(minutes=1))
        for (feed_id,) in waiting(self.town):
            sim.spawn("head office", accept(self.town, feed_id))
        self.go_on(sim.now + timedelta(minutes=1))
        oracle.check_end(self.town, self.processes)

    def count_all(self) -> None:
        """A true count of every location, by people who take their time."""
        for code in CODES:
            self.sim.spawn(f"last count of {code}", count_once(self.town, code))

    def go_on_to_the_end(self) -> list[str]:
        """Another hour; orders and jobs that are on their way then."""
        self.go_on(self.sim.now + LOOK_EVERY)
        rests = oracle.rests(self.town)
        self.rests = Counter(rests.values())
        late = [str(id_) for id_, rest in rests.items() if not rest]
        return late + [what for (what,) in self.database.look(oracle.ON_THE_WAY)]

    def outcome(self) -> Outcome:
        sim = self.sim
        return Outcome(
            seed=self.seed,
            trace=sim.trace(*oracle.fingerprint(self.database)),
            events=sim.events,
            boundaries=self.database.moments.boundaries,
            orders=self.rests.total(),
            hours=(sim.now - START).total_seconds() / 3600,
            struck=sim.weather.struck,
            rares=sim.rares,
            told=sim.told,
            rests=self.rests,
        )

    def report(self, error: BaseException) -> str:
        sim = self.sim
        faults = ", ".join(f"{fault.value} {rate:.3f}" for fault, rate in sim.weather.rates.items())
        return "\n".join(
            [
                f"{type(error).__name__}: {error}",
                f"seed {self.seed}: pytest tests/storms --seed {self.seed}",
                f"faults that were on: {faults}",
                f"struck: {dict(sim.weather.struck)}",
                "the last 50 events:",
                *sim.last,
            ]
        )
