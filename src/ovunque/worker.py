"""The composition root of the process that works in the background: jobs, and what is due."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread
from uuid import UUID

import structlog

from ovunque.access.model import SYSTEM, Actor
from ovunque.access.pacing import pacer_of
from ovunque.api.webhooks_shown import renders
from ovunque.customers.opening import forget_openings
from ovunque.delivery import snapshot as delivery_snapshot
from ovunque.fulfillment import excluding
from ovunque.fulfillment.booking import BOOK_VISIT, CANCEL_VISIT, book_visit, cancel_visit
from ovunque.fulfillment.labeling import VOID_LABEL, BuyRequest, buy_label, void_label
from ovunque.fulfillment.listing import list_picked_units
from ovunque.fulfillment.packing import BUY_LABEL
from ovunque.fulfillment.ports import Carrier, Counter
from ovunque.fulfillment.refusing import REFUSE, run_refusal
from ovunque.furnishing import intake_of
from ovunque.integrations.carriers import easypost
from ovunque.integrations.carriers.table import TableCarrier
from ovunque.integrations.files import receiving, watching
from ovunque.integrations.files.runs import Tools
from ovunque.integrations.webhooks import delivering
from ovunque.integrations.webhooks.announcing import Announcer, announce
from ovunque.integrations.webhooks.delivering import Courier
from ovunque.integrations.webhooks.dispatching import Dispatcher
from ovunque.integrations.webhooks.sending import Sender
from ovunque.network import snapshot as network_snapshot
from ovunque.orders import forgetting
from ovunque.orders.addressing import address_of, describe
from ovunque.orders.checking import check_and_tell
from ovunque.orders.dating_again import DateRequest, date_again
from ovunque.platform import clock, idempotency, jobs
from ovunque.platform.database import Database, Tx, first_line
from ovunque.platform.following import Follower
from ovunque.platform.jobs import Job, Runner, Work
from ovunque.platform.journal import Entry
from ovunque.platform.sealing.sealing import ROWS_MAX, seal_and_sign
from ovunque.platform.sealing.signing import open_signer
from ovunque.platform.settings import Settings
from ovunque.platform.telemetry import PROMISES_KEPT, PROMISES_SAID
from ovunque.promise import learning, scoring
from ovunque.promise.model import Tally
from ovunque.resealing import open_vault
from ovunque.simulation import running as simulations
from ovunque.sourcing import answering
from ovunque.sourcing import learning as confidence_learning
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import confirming, deciding, undoing, valuing
from ovunque.stock.expecting import DATES_JOB
from ovunque.stock.setting_aside import forget_accounted
from ovunque.sweeping import Sweeper, no_rest, sweep, sweepers

POLL_SECONDS = 0.2
SWEEP_SECONDS = 0.5  # What comes with time is looked for so often; whatever happens to an order
BREATH_SECONDS = 0.05  # is looked at together with what happened within this, and orders go first.
INBOX_SECONDS = 1.0
SEAL_SECONDS = 1.0
KEYS_KEPT = timedelta(days=30)
OPENINGS_KEPT = timedelta(days=365)
KEYS_AT_ONCE_MAX = 10_000
HOURLY = timedelta(hours=1)

log = structlog.get_logger()


def forget_keys(database: Database, _: Job, now: datetime) -> None:
    """Drop the answers to keys that nobody will send again."""
    database.transact(lambda tx: idempotency.forget(tx, now - KEYS_KEPT, KEYS_AT_ONCE_MAX))


def check_invariants(database: Database, _: Job, now: datetime) -> None:
    """Look whether everything that is always true is true."""
    for violation in check_and_tell(database, now):
        log.error("invariant.violated", invariant=violation.invariant, examples=violation.examples)


def date_orders(snapshot: Snapshot, database: Database, job: Job, now: datetime) -> None:
    """Tell who waits for some items another day, by what is announced now."""
    request = DateRequest(skus=job.body["skus"], snapshot=snapshot)
    database.transact(lambda tx: date_again(tx, SYSTEM, request, now))


def run_feed(database: Database, job: Job, now: datetime) -> None:
    """Apply a feed that a person has accepted."""
    deciding.apply_feed(database, SYSTEM, UUID(job.body["feed"]), now, list_picked_units)


def undo_feed(database: Database, job: Job, now: datetime) -> None:
    """Take back a large feed that a person had accepted."""
    undoing.undo_rest(database, SYSTEM, UUID(job.body["feed"]), now)


# What nobody uses is paid for until its carrier hears of it, and no screen shows it to anybody who
# would ask again: carriers are asked for some two weeks.
PATIENCE = dict.fromkeys((BUY_LABEL, VOID_LABEL, BOOK_VISIT, CANCEL_VISIT), 88)


def carrier_runners(counter: Counter) -> dict[str, Runner]:
    """The jobs that buy labels from carriers and give them back, and those that call carriers."""

    def buy(database: Database, job: Job, now: datetime) -> None:
        parcel_id = UUID(job.body["parcel"])
        request = BuyRequest(parcel_id=parcel_id, asked_before=job.attempts > 1)
        buy_label(database, counter, request, now)

    def void(database: Database, job: Job, _: datetime) -> None:
        void_label(database, counter, UUID(job.body["parcel"]), job.body["tracking"])

    def book(database: Database, job: Job, now: datetime) -> None:
        book_visit(database, counter, UUID(job.body["pickup"]), now)

    def call_off(database: Database, job: Job, _: datetime) -> None:
        cancel_visit(database, counter, UUID(job.body["pickup"]), job.body["confirmation"])

    return {BUY_LABEL: buy, VOID_LABEL: void, BOOK_VISIT: book, CANCEL_VISIT: call_off}


def learn_days(database: Database, _: Job, now: datetime) -> None:
    """Take from parcels how long things take, and tell where promises are not kept as they say."""

    def work(tx: Tx) -> tuple[Tally, ...]:
        view, network = delivery_snapshot.load(tx), network_snapshot.load(tx)
        learning.learn(tx, SYSTEM, learning.Ground(view, network), now)
        return scoring.tell_drift(tx, SYSTEM, now)

    for each in database.transact(work):
        PROMISES_KEPT.labels(each.key).set((each.kept + each.early) / each.due)
        PROMISES_SAID.labels(each.key).set(each.confidence_ppm / 1_000_000)


def learn_confidence(database: Database, _: Job, now: datetime) -> None:
    """Take from what nobody found how sure the books of each location are."""
    database.transact(lambda tx: confidence_learning.learn_confidence(tx, SYSTEM, now))


def forget_people(settings: Settings, database: Database, _: Job, now: datetime) -> None:
    """Let go of what nobody needs to know any more: people, who looked at them, their files."""
    if settings.customer_days is not None:
        before = now - timedelta(days=settings.customer_days)
        database.transact(lambda tx: forgetting.ask_for_the_old(tx, SYSTEM, before, now))
    database.transact(lambda tx: forget_openings(tx, now - OPENINGS_KEPT))
    watching.forget(settings.inbox_folder, now - timedelta(days=settings.files_days))


def learn_to_ask(database: Database, _: Job, now: datetime) -> None:
    """Take from what became of offers how likely each location takes one, hour by hour."""
    database.transact(
        lambda tx: answering.learn_answers(tx, SYSTEM, network_snapshot.load(tx), now)
    )


FORGET_PEOPLE = "customers.forget"
SCHEDULES: Mapping[str, Runner] = {
    "accounts.forget": forget_accounted,
    "answers.learn": learn_to_ask,
    "confidence.learn": learn_confidence,
    "counts.settle": confirming.settle_daily,
    "exclusions.forget": excluding.forget,
    "feeds.forget": undoing.forget_old,
    "idempotency.forget": forget_keys,
    "invariants.check": check_invariants,
    "promises.learn": learn_days,
    "webhooks.forget": delivering.forget,
    "worth.learn": valuing.value_nightly,
}


def hourly(kind: str, run: Runner) -> Runner:
    """A job that enqueues its next before it runs: a crash never ends a schedule."""

    def run_and_go_on(database: Database, job: Job, now: datetime) -> None:
        enqueue_hourly(database, kind, now + HOURLY)
        run(database, job, now)

    return run_and_go_on


def enqueue_hourly(database: Database, kind: str, due_at: datetime) -> None:
    key = f"{kind}-{due_at:%Y%m%d%H}"
    database.transact(lambda tx: jobs.enqueue(tx, key=key, kind=kind, due_at=due_at, body={}))


@contextmanager
def following(database: Database, stirred: Event) -> Iterator[Snapshot]:
    """All that planning reads, kept fresh to the end; news of orders stirs who waits for it."""
    snapshot = database.read(sourcing_snapshot.load)

    def apply(entries: Sequence[Entry]) -> None:
        snapshot.apply(database, entries)
        if any(entry.order_id is not None for entry in entries):
            stirred.set()

    follower = Follower(database, snapshot.version, apply, sourcing_snapshot.UNREAD)
    follower.start()
    try:
        yield snapshot
    finally:
        follower.close()


def run(database: Database, settings: Settings, ending: Event) -> None:
    """Sweep and run jobs until the end is asked for; a database that is away is waited for.

    Jobs have a thread of their own: a carrier that takes its time must not keep orders waiting.
    """
    open_vault(database)
    for kind in (*SCHEDULES, FORGET_PEOPLE):
        enqueue_hourly(database, kind, clock.now() + HOURLY)
    stirred = Event()
    with following(database, stirred) as snapshot:
        known = known_jobs(settings, snapshot)
        work = Work(runners=known, jitter=clock.jitter, patience=PATIENCE)
        holds, *sweeping = sweepers(lambda: snapshot, clock.new_id_source())
        running = Thread(target=go_on, args=(ending, lambda: run_job(database, work)), name="jobs")
        running.start()
        inbox = Thread(target=watch_inbox, args=(ending, database, settings), name="inbox")
        inbox.start()
        expire = partial(run_sweep, database, holds, ending.wait)
        expiring = Thread(target=go_on, args=(ending, expire), name=holds.name)
        expiring.start()
        replay = partial(simulations.run_due, database.url, database, ending)
        replaying = Thread(
            target=go_on, args=(ending, lambda: attempt("simulations", replay)), name="simulations"
        )
        replaying.start()
        sealing = Thread(target=seal_journal, args=(ending, database, settings), name="seals")
        sealing.start()
        with posting(database, settings, snapshot, ending):
            sweep_on(ending, stirred, lambda: sum(run_sweep(database, each) for each in sweeping))
        running.join()
        inbox.join()
        sealing.join()
        replaying.join()
        expiring.join()


@contextmanager
def posting(
    database: Database, settings: Settings, snapshot: Snapshot, ending: Event
) -> Iterator[None]:
    """Turn facts into messages, and carry them out: no receiver keeps anybody else waiting."""
    announcer = Announcer(snapshot=snapshot, new_id=clock.new_id_source())
    courier = Courier(
        sender=Sender(private=settings.webhooks_inside),
        renders=renders(lambda: snapshot),
        clock=clock.now,
        jitter=clock.jitter,
    )

    def tell() -> int:
        return database.transact(lambda tx: announce(tx, announcer, clock.now()))

    with Dispatcher(database, courier) as dispatcher:
        works = {"webhooks.announce": tell, "webhooks.dispatch": dispatcher.dispatch}
        threads = [
            Thread(target=go_on, args=(ending, partial(attempt, name, work)), name=name)
            for name, work in works.items()
        ]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()


def carriers_of(settings: Settings) -> Callable[[str], Carrier]:
    """Who sells the labels of a carrier, by its code: EasyPost for those named, else a table."""
    through = dict(settings.easypost_carriers)
    key = settings.easypost_key
    if not key:
        return lambda code: TableCarrier(code, clock.now)
    easypost.check_installed()

    def carrier_of(code: str) -> Carrier:
        if code not in through:
            return TableCarrier(code, clock.now)
        return easypost.EasyPostCarrier(through[code], key=key, url=settings.easypost_url)

    return carrier_of


def known_jobs(settings: Settings, snapshot: Snapshot) -> Mapping[str, Runner]:
    """What this worker knows to do, by the kind of the job."""
    counter = Counter(
        carrier_of=carriers_of(settings),
        describe=lambda tx, parcel: describe(tx, snapshot, parcel),
        address_of=lambda location_id: address_of(snapshot, location_id),
        services_of=lambda code: [
            each.id for each in snapshot.delivery.services if each.carrier == code
        ],
    )
    tools = Tools(
        clock=clock.now,
        new_id=clock.new_id_source(),
        pace=pace_in(settings, snapshot),
        door=lambda database: intake_of(database, snapshot),
    )
    return {
        **{kind: hourly(kind, each) for kind, each in SCHEDULES.items()},
        **carrier_runners(counter),
        FORGET_PEOPLE: hourly(FORGET_PEOPLE, partial(forget_people, settings)),
        forgetting.JOB: forgetting.Eraser(file=settings.erasures_file).run,
        deciding.JOB: run_feed,
        undoing.JOB: undo_feed,
        REFUSE: run_refusal,
        DATES_JOB: partial(date_orders, snapshot),
        receiving.JOB: receiving.runner_in(receiving.folder_in(settings.home), tools),
    }


def pace_in(settings: Settings, snapshot: Snapshot) -> Callable[[Database, Actor, int], None]:
    """How much of the stock a program may move with the files that it sends."""
    pacer = pacer_of(settings, lambda: snapshot.stock)
    return lambda database, by, units: pacer.weigh(database, by, units, clock.now())


def go_on(ending: Event, work: Callable[[], int]) -> None:
    """Work as long as there is something to do, then look again every so often."""
    while not ending.is_set():
        if not work():
            ending.wait(POLL_SECONDS)


def sweep_on(ending: Event, stirred: Event, work: Callable[[], int]) -> None:
    """The same, but whatever happens to an order is looked at soon."""
    while not ending.is_set():
        stirred.clear()
        done = work()
        ending.wait(BREATH_SECONDS)
        if not done:
            stirred.wait(SWEEP_SECONDS)


def watch_inbox(ending: Event, database: Database, settings: Settings) -> None:
    """Import what lies in the watched folder, until the end."""
    tools = Tools(clock=clock.now, new_id=clock.new_id_source(), door=intake_of)
    while not ending.is_set():
        attempt("inbox", lambda: watching.watch(database, SYSTEM, settings.inbox_folder, tools))
        ending.wait(INBOX_SECONDS)


def seal_journal(ending: Event, database: Database, settings: Settings) -> None:
    """Seal what has settled once a second; sooner when there is more than one link takes."""
    signer = open_signer(settings.home, clock.new_seed())
    file = settings.seals_file
    while not ending.is_set():
        rows = attempt("seals", lambda: seal_and_sign(database, signer, file, clock.now))
        if rows < ROWS_MAX:
            ending.wait(SEAL_SECONDS)


def run_job(database: Database, work: Work) -> int:
    return attempt("jobs", lambda: jobs.run_due(database, work, clock.now()))


def run_sweep(
    database: Database, sweeper: Sweeper, rest: Callable[[float], object] = no_rest
) -> int:
    return attempt(sweeper.name, lambda: sweep(database, sweeper, clock.now(), rest))


def attempt(name: str, work: Callable[[], int]) -> int:
    """What was done; nothing if it failed: the others go on, and this one tries again later."""
    try:
        return work()
    except Exception as error:
        log.warning("worker.failed", what=name, error=first_line(error))
        return 0
