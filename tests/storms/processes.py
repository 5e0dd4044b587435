"""The processes of the house: built of the real parts, without their threads.

What a process has in memory, its snapshot, queue and places in the journal, dies with it, and is
built again from the database.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

import psycopg
from tests.fakes import FakeCarrier
from tests.storms.database import Crash, SimDatabase
from tests.storms.kernel import START, Reply, Simulation
from tests.storms.weather import Fault

from ovunque.access.keyring import KeyRing
from ovunque.access.model import Actor
from ovunque.access.pacing import pacer_of
from ovunque.api.availability_shown import Teller
from ovunque.api.call import Call, Services
from ovunque.api.idempotent import OnceOnly
from ovunque.api.promise_book import PageBook
from ovunque.api.promise_pages import write_item
from ovunque.fulfillment.ports import Counter as LabelCounter
from ovunque.furnishing import RENDERING
from ovunque.kernel.ids import IdSource
from ovunque.kernel.refusal import Refusal
from ovunque.orders.addressing import address_of, describe
from ovunque.orders.holding import Entering
from ovunque.orders.numbering import Numbers
from ovunque.orders.ports import Desk
from ovunque.orders.receiving import Intake
from ovunque.platform import idempotency, refusals
from ovunque.platform.batching import Batcher, BatchLimits, Waiting
from ovunque.platform.database import RETRIED
from ovunque.platform.following import Follower
from ovunque.platform.http.pacing import Buckets
from ovunque.platform.jobs import Runner, Work, run_due
from ovunque.platform.journal import Cursor, Entry
from ovunque.platform.settings import Settings
from ovunque.promise import sealing
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.remembering import Book
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import deciding
from ovunque.stock.expecting import DATES_JOB
from ovunque.sweeping import Sweeper, sweep, sweepers
from ovunque.worker import PATIENCE, carrier_runners, date_orders, run_feed

SECRET = sha256(b"storms").digest()
SETTINGS = Settings()
ROUNDS_MAX = 20
JOB_DUE = """
select from job where state = 'waiting' and due_at <= %(now)s
   and (leased_until is null or leased_until <= %(now)s)
"""
UNANSWERED = (*RETRIED, psycopg.OperationalError)  # Answered 503: whoever asked asks again.


@dataclass(frozen=True)
class Said:
    """What a client hears: a status and a document."""

    status: int
    body: Any

    @property
    def word(self) -> str:
        return str(self.status) if self.done else f"{self.status} {self.body['code']}"

    @property
    def done(self) -> bool:
        return self.status < 300


def refused(refusal: Refusal) -> Said:
    return Said(refusals.status_of(refusal), {"code": refusal.code})


class Process:
    """Something that may die at any commit, and is started again."""

    def __init__(self, name: str, sim: Simulation, database: SimDatabase) -> None:
        self.name = name
        self.sim = sim
        self.database = database
        self.skew = timedelta()
        self.up = False
        self.seen: list[Cursor] = []  # By the follower that runs now.
        self._read_at = -1  # How many commits there had been when it last read the journal.
        self.new_id = IdSource(lambda: int(self.clock().timestamp() * 1000), sim.chance.getrandbits)

    def clock(self) -> datetime:
        return self.sim.now + self.skew

    def start(self) -> None:
        """Build everything from the database; a crash while starting is one like any other."""
        self.database.moments.step = f"{self.name} starts" if self.sim.events else ""
        try:
            self.build()
        except (Crash, psycopg.OperationalError):
            self.die()
        else:
            self.up = True
        finally:
            self.database.moments.step = ""

    def build(self) -> None:
        database = self.database
        self.snapshot: Snapshot = database.read(sourcing_snapshot.load)
        self.seen = [self.snapshot.version]
        self._read_at = -1
        self.follower = Follower(
            database, self.snapshot.version, self.apply, sourcing_snapshot.UNREAD
        )

    def apply(self, entries: tuple[Entry, ...] | Any) -> None:
        self.snapshot.apply(self.database, entries)
        places = [entry.cursor for entry in entries]
        assert [*self.seen[-1:], *places] == sorted({*self.seen[-1:], *places}), "read in order"
        self.seen += places

    def die(self) -> None:
        self.up = False
        self.sim.note(f"{self.name} is gone")
        self.sim.after(self.sim.between(0.1, 4), f"{self.name} starts", self.start)

    def serve(self, work: Callable[[], None], what: str) -> None:
        """Do it in this process, if it is there; what it does not survive kills it."""
        if not self.up:
            return
        self.database.moments.step = what
        if self.sim.weather.strikes(Fault.CLOCK):
            self.skew = timedelta(hours=self.sim.chance.choice((-1, 0, 1)))
        elif self.sim.weather.calm:
            self.skew = timedelta()
        try:
            self.catch_up()
            work()
        except Crash:
            self.die()
        except UNANSWERED:
            self.sim.note(f"{self.name} could not {what}")
        finally:
            self.database.moments.step = ""

    def catch_up(self) -> None:
        """Read what the others have written, if there is anything."""
        written = self.database.moments.boundaries
        if written != self._read_at and not self.sim.weather.strikes(Fault.STALE):
            self.follower.catch_up(self.database.connect())
            self._read_at = written


class Promise:
    """Where the answer to an order goes."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._done = False

    def done(self) -> bool:
        return self._done

    def set_result(self, result: Any) -> None:
        self._done = True
        self._reply(Said(result.answer.status, json.loads(result.answer.body)))

    def set_exception(self, exception: Exception) -> None:
        self._done = True
        if isinstance(exception, Refusal):
            self._reply(refused(exception))
        elif not isinstance(exception, UNANSWERED):
            raise exception


class Api(Process):
    """A process that serves: routes, and the intake with its queue."""

    def build(self) -> None:
        super().build()
        database = self.database
        promises = database.transact(lambda tx: sealing.load(tx, SECRET, self.clock()))
        desk = Desk(
            snapshot=lambda: self.snapshot,
            new_id=self.new_id,
            numbers=Numbers(),
            rendering=RENDERING,
            promises=promises,
        )
        self.intake = Intake(database, desk, self.clock)
        self.batcher = Batcher(self.intake.write, BatchLimits())
        self.queue: deque[Waiting[Any, Any]] = deque()
        self.services = Services(
            database=database,
            clock=self.clock,
            new_id=self.new_id,
            keys=KeyRing(self.clock),
            settings=SETTINGS,
            snapshot=lambda: self.snapshot,
            intake=self.intake,
            promises=promises,
            teller=Teller(Book(self.snapshot, self.clock), self.clock),
            pages=PageBook(self.snapshot, promises, self.clock, write_item),
            buckets=Buckets(0, 1),
            pacer=pacer_of(SETTINGS, lambda: self.snapshot.stock),
            new_secret=lambda: f"{self.sim.chance.getrandbits(64):016x}",
        )

    def take(self, enter: Callable[[], Entering], reply: Reply) -> None:
        """Take an order in, or something of a hold; it is answered once its batch is written."""
        if self.sim.rare("intake.queue_full"):
            reply(refused(Refusal("queue_full")))
            return
        self.queue.append(Waiting(enter(), Promise(reply), 0.0))
        if len(self.queue) == 1:
            slow = self.sim.rare("intake.slow_batch")
            delay = self.sim.between(0.1, 30) if slow else timedelta(milliseconds=40)
            self.sim.after(delay, "", self.flush)

    def flush(self) -> None:
        """Write what waits as one batch; what lost its plan heads the next."""

        def write() -> None:
            size = 1 if self.sim.rare("intake.batch_of_one") else len(self.queue)
            batch = [self.queue.popleft() for _ in range(min(size, len(self.queue)))]
            self.sim.note(f"{self.name} writes a batch of {len(batch)}")
            again = self.batcher.flush(batch)
            self.sim.rares["intake.sourced_again"] += len(again)
            self.queue.extendleft(reversed(again))

        if self.up and self.queue:
            self.serve(write, "orders")
            self.sim.after(timedelta(milliseconds=20), "", self.flush)

    def run(
        self, by: Actor, key: str | None, route: Callable[[Call, OnceOnly], Any], asked: Any = None
    ) -> Said:
        """What a route answers under a key, refusals included."""
        call = Call(by=by, now=self.clock(), services=self.services)
        named = None
        if key is not None:
            digest = idempotency.digest("POST", key, asked)
            named = idempotency.Key(by.client_id, key, digest)
        try:
            answer = route(call, OnceOnly(call, named))
        except Refusal as refusal:
            return refused(refusal)
        return Said(answer.status_code, json.loads(answer.body))


class Worker(Process):
    """A process that works in the background: sweepers, and jobs."""

    def __init__(
        self, name: str, sim: Simulation, database: SimDatabase, carrier: FakeCarrier
    ) -> None:
        super().__init__(name, sim, database)
        self._carrier = carrier

    def build(self) -> None:
        super().build()
        self._sweepers = sweepers(lambda: self.snapshot, self.new_id)
        self._due = question(self._sweepers)
        counter = LabelCounter(
            carrier_of=self._carrier_of,
            describe=lambda tx, parcel: describe(tx, self.snapshot, parcel),
            address_of=lambda id_: address_of(self.snapshot, id_),
        )
        runners: dict[str, Runner] = {
            **carrier_runners(counter),
            deciding.JOB: run_feed,
            DATES_JOB: partial(date_orders, self.snapshot),
        }
        chance = self.sim.chance.random
        self._work = Work(runners=runners, jitter=chance, patience=PATIENCE)

    def _carrier_of(self, _: str) -> FakeCarrier:
        if self.sim.weather.strikes(Fault.LABEL_LOST):
            self._carrier.answers_lost = 1
        return self._carrier

    def tick(self) -> None:
        """Rounds of all there is to do, each part by itself as in a real worker."""
        for _ in range(ROUNDS_MAX):
            busy = False
            for nth in self._perhaps_due():
                if nth < len(self._sweepers):
                    busy |= self._sweep_if_due(self._sweepers[nth])
                elif self.up:
                    self.serve(self._run_job, "jobs")
                    busy = True
            if not busy:
                return

    def _perhaps_due(self) -> list[int]:
        """What there may be to do, asked at once: most of the time there is nothing."""
        if not self.up:
            return []
        asked = {"now": self.clock(), "limit": 1}
        try:
            row = self.database.read(lambda tx: tx.execute(self._due, asked).fetchone())
        except UNANSWERED:
            return []
        assert row is not None
        return [nth for nth, is_due in enumerate(row) if is_due]

    def _sweep_if_due(self, sweeper: Sweeper) -> bool:
        """Whether anything was: what came first may have done it."""
        try:
            due = self.up and self.database.read(lambda tx: sweeper.list_due(tx, self.clock(), 1))
        except UNANSWERED:
            return False
        if not due or self.sim.rare("worker.skips_a_sweeper"):
            return False
        self.serve(partial(self._sweep, sweeper), sweeper.name)
        return True

    def _run_job(self) -> None:
        self._tell("jobs", run_due(self.database, self._work, self.clock()))

    def _sweep(self, sweeper: Sweeper) -> None:
        self._tell(sweeper.name, sweep(self.database, sweeper, self.clock()))

    def _tell(self, what: str, done: int) -> None:
        if done:
            self.sim.note(f"{self.name} {what}: {done}")
            self.sim.told[what] += done


class Overheard(Exception):  # noqa: N818 - a way out
    """The first statement of somebody who is not meant to get further, and what it asks with."""


class Listening:
    """Stands where a transaction would."""

    def execute(self, sql: str, asked: Any = None) -> Any:
        raise Overheard(sql, asked or {})


@cache
def first_statement(list_due: Callable[..., Any]) -> str:
    """What a sweeper asks first: where that finds nothing, nothing is due."""
    try:
        list_due(Listening(), START, 1)
    except Overheard as overheard:
        sql, asked = overheard.args
        for name in asked.keys() - {"now", "limit"}:
            sql = sql.replace(f"%({name})s", from_now(asked[name]))
        return str(sql)
    raise AssertionError("a sweeper that asks nothing")


def from_now(value: Any) -> str:
    """A moment or a day by its distance from now, or a span."""
    if isinstance(value, datetime):
        return f"(%(now)s::timestamptz + interval '{(value - START).total_seconds()} seconds')"
    if isinstance(value, date):
        days = (value - START.date()).days
        return f"((%(now)s::timestamptz at time zone 'UTC')::date + {days})"
    assert isinstance(value, timedelta), value
    return f"interval '{value.total_seconds()} seconds'"


def question(sweepers: Sequence[Sweeper]) -> str:
    """One statement for all: whether each sweeper, and the runner of jobs, may have work."""
    asked = [*(first_statement(each.list_due) for each in sweepers), JOB_DUE]
    return "select " + ", ".join(f"exists ({sql})" for sql in asked)
