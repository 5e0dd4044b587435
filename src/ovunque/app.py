"""The composition root of a process that serves: builds everything and hands it over."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from ovunque.access import issuing
from ovunque.access.admitting import Doorkeeper
from ovunque.access.describing import Directory
from ovunque.access.keyring import KeyRing
from ovunque.access.pacing import pacer_of
from ovunque.api import availability, promise_pages, promises, routes
from ovunque.api.application import create_api
from ovunque.api.availability_shown import Teller
from ovunque.api.call import Services
from ovunque.api.health import Finding, Health, disk_space
from ovunque.api.promise_book import PageBook
from ovunque.furnishing import desk_of, load_promises
from ovunque.integrations.identity.asking import Asking
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Intake
from ovunque.platform import clock
from ovunque.platform.batching import Settled, settle
from ovunque.platform.database import Database
from ovunque.platform.following import Follower
from ovunque.platform.http.express import Express
from ovunque.platform.http.pacing import Buckets
from ovunque.platform.journal import Entry
from ovunque.platform.settings import Settings
from ovunque.resealing import open_vault
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.remembering import Book
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web.application import create_web
from ovunque.web.assets import load_assets
from ovunque.web.doors import gate
from ovunque.web.doors.gate import SignInGate
from ovunque.web.hiding import Veil
from ovunque.web.house import House
from ovunque.web.live import Feed
from ovunque.web.pages import Pages
from ovunque.web.routes import SCREENS

LAG_SECONDS_MAX = 5.0
BURST_SECONDS = 10.0  # Of what one may ask for, at once.
USE_NOTED_SECONDS = 30.0  # Of keys: to a person who looks, that is now.
COLLECTOR_THRESHOLDS = (50_000, 20, 50)  # Orders come in batches of thousands of objects.
FOR_PROGRAMS = ("/v1/", "/oauth/", "/livez", "/readyz", "/metrics", "/openapi.json", "/docs")

Deliver = Callable[[Sequence[Settled[Answered]]], None]


def answer_in_loop(answers: Sequence[Settled[Answered]]) -> None:
    """Answers of the writer's thread reach their event loop, a whole batch in one call."""
    if answers:
        promise = answers[0][0]
        assert isinstance(promise, asyncio.Future)
        promise.get_loop().call_soon_threadsafe(settle, answers)


@contextmanager
def furnish(
    settings: Settings,
    database: Database,
    deliver: Deliver = settle,
    feed: Feed | None = None,
    health: Health | None = None,
) -> Iterator[Services]:
    """All that serves requests, following the journal until the end; the intake takes orders."""
    open_vault(database)
    keys = load_keys(database)
    snapshot, promises = database.read(sourcing_snapshot.load), load_promises(database)

    def apply(entries: Sequence[Entry]) -> None:
        snapshot.apply(database, entries)
        promises.apply(database, entries)
        if any(entry.kind.startswith("key.") for entry in entries):
            database.read(keys.load)
        if feed is not None:
            feed.tell(entries)

    follower = Follower(database, snapshot.version, apply, sourcing_snapshot.UNREAD)
    promises.lag_seconds = lambda: follower.lag_seconds
    new_id = clock.new_id_source()
    desk = desk_of(snapshot, new_id, promises)
    intake, health = Intake(database, desk, clock.now, deliver=deliver), health or Health()
    spare_the_collector()
    health.checks += [lambda: freshness(follower, snapshot), lambda: disk_space(settings.home)]
    with ExitStack() as ending:
        ending.enter_context(noting_use(database, keys))
        follower.start()
        ending.callback(follower.close)
        intake.start()
        ending.callback(intake.close)
        yield Services(
            database=database,
            clock=clock.now,
            new_id=new_id,
            keys=keys,
            settings=settings,
            snapshot=lambda: snapshot,
            intake=intake,
            promises=promises,
            teller=Teller(Book(snapshot, clock.now), clock_of(follower)),
            pages=PageBook(snapshot, promises, clock.now, promise_pages.write_item),
            wait_for_now=follower.wait_for_now,
            health=health,
            buckets=buckets_of(settings.key_units_per_second, settings),
            pacer=pacer_of(settings, lambda: snapshot.stock),
        )


def buckets_of(per_second: int, settings: Settings) -> Buckets:
    """The part of a bound that is this process's: requests spread over all of them."""
    return Buckets(per_second / processes_of(settings), BURST_SECONDS)


def processes_of(settings: Settings) -> int:
    """How many serve together; whoever starts them has told each."""
    return settings.workers or os.cpu_count() or 1


def load_keys(database: Database) -> KeyRing:
    secret = clock.new_seed()
    database.transact(lambda tx: issuing.keep_secret(tx, secret, clock.now()))
    keys = KeyRing(clock.now)
    database.read(keys.load)
    return keys


@contextmanager
def noting_use(database: Database, keys: KeyRing) -> Iterator[None]:
    """Write down now and then when keys were used; a database that is away is not waited for."""
    ending = Event()

    def note() -> None:
        while not ending.wait(USE_NOTED_SECONDS):
            database.try_read(keys.save_used)

    noting = Thread(target=note, name="keys", daemon=True)
    noting.start()
    yield
    ending.set()
    noting.join()
    database.try_read(keys.save_used)


def clock_of(follower: Follower) -> Callable[[], datetime]:
    """The moment up to which nothing is known to be missing; it moves when the follower does."""
    seen, at = -1.0, clock.now()

    def as_of() -> datetime:
        nonlocal seen, at
        if seen != follower.caught_up:
            seen = follower.caught_up
            at = clock.now() - timedelta(seconds=follower.lag_seconds)
        return at

    return as_of


def spare_the_collector() -> None:
    """Leave what lives as long as the process out of every garbage collection.

    The snapshot is hundreds of thousands of objects; walking them took a fifth of the client's
    time under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def freshness(follower: Follower, snapshot: Snapshot) -> Finding:
    """Whether the snapshot keeps up with the journal."""
    lag = follower.lag_seconds
    return Finding(
        "snapshot", ok=lag < LAG_SECONDS_MAX, detail=f"{snapshot.version}, {lag:.2f} s behind"
    )


def create(settings: Settings, database: Database, health: Health | None = None) -> ASGIApp:
    """The whole application: it owns what it is made of until it shuts down."""
    ending = ExitStack()
    feed = Feed()
    services = ending.enter_context(furnish(settings, database, answer_in_loop, feed, health))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            services.health.closing = True
            # The intake answers what it has taken; its answers need the loop meanwhile.
            await asyncio.to_thread(ending.close)

    api = create_api(services, routes.ROUTERS, routes.HOT, lifespan)
    answerers = {
        promises.PATH: promise_pages.express(services.pages, services.keys, services.buckets),
        availability.PATH: availability.express(services.teller, services.keys, services.buckets),
    }
    house = house_of(services, feed)
    behind = join(api, create_web(house, SCREENS))
    gates = {path: SignInGate(house, path) for path in gate.PATHS}
    return Express(behind, answerers, lead=services.new_id().hex[16:], gates=gates)


def house_of(services: Services, feed: Feed) -> House:
    """The same things as pages need them."""
    return House(
        database=services.database,
        clock=services.clock,
        new_id=services.new_id,
        new_secret=services.new_secret,
        settings=services.settings,
        snapshot=services.snapshot,
        pages=Pages(load_assets()),
        feed=feed,
        promises=services.promises,
        buckets=buckets_of(services.settings.page_requests_per_second, services.settings),
        doorkeeper=doorkeeper_of(services),
        held=lambda: len(services.keys.held),
        veil=Veil(services.keys.secrets, services.new_secret),
        directory=Directory(Asking(inside=services.settings.providers_inside)),
    )


def doorkeeper_of(services: Services) -> Doorkeeper:
    keeper = Doorkeeper(services.keys.secrets, processes_of(services.settings), monotonic)
    services.database.read(keeper.load)
    return keeper


def join(api: ASGIApp, web: ASGIApp) -> ASGIApp:
    """One address for programs and people; the life of the process is the API's."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and not scope["path"].startswith(FOR_PROGRAMS)
        await (web if is_page else api)(scope, receive, send)

    return serve
