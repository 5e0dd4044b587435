"""The demo retailer moves in: its files are imported, its past is lived, its people get keys."""

import json
import resource
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic
from uuid import UUID

import msgspec
import psycopg

from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import SYSTEM, Scope
from ovunque.api.orders_asked import OrderAsked, request_of
from ovunque.app import furnish
from ovunque.cli.card import CARD, CLIENT, Moved, keep, tell
from ovunque.cli.card import Story as Told
from ovunque.cli.laying_floor import lay_floor
from ovunque.cli.session import person
from ovunque.cli.users import busiest_store, enter_demo_people
from ovunque.delivery import drafting
from ovunque.delivery.model import ServiceKey, Terms
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import ImportRequest, State, Tools
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform import clock, idempotency
from ovunque.platform.database import Database, Tx
from ovunque.platform.idempotency import Key
from ovunque.platform.settings import Settings
from ovunque.promise import sealing
from ovunque.simulation import asking
from ovunque.simulation.desks import Office, lay_desks
from ovunque.simulation.doors import Doors, lay_doors
from ovunque.simulation.files import write_files
from ovunque.simulation.history.habits import DAYS
from ovunque.simulation.history.living import Setting, live
from ovunque.simulation.history.stories import Story
from ovunque.simulation.history.writing import order_numbers, parcel_serials, write
from ovunque.simulation.model import Source
from ovunque.simulation.orders import order_bodies
from ovunque.simulation.retailer import Retailer, build_retailer
from ovunque.simulation.running import run_next
from ovunque.simulation.sizes import SIZES
from ovunque.simulation.strategies import (
    draft_strategies,
    have_an_incident_over,
    publish_competing,
)
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.publishing import known_in
from ovunque.stock.valuing import value_all

ORDERS_TODAY = 60  # Placed through the front door, so that something is waiting.
DRAFTED = ServiceKey("aquilone", "standard")
BEGINNING = "stock"  # Not imported: its counts are where the past begins.
LARGE = "large"
MERCHANDISER, ADMINISTRATOR = "oliver", "ada"  # In whose name the desks are laid.
SIMULATED, SIMULATED_DAYS = ("last-pieces", "lowest-emissions"), 7
AFTERWARDS = "pieces"  # Told apart where the past has left them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which demo, and the folder that it keeps its files in."""

    size: str
    seed: int
    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / f"{self.size}-{self.seed}"

    def retailer(self, day: datetime) -> Retailer:
        chance = Random(self.seed)  # noqa: S311 - chance by seed
        return build_retailer(SIZES[self.size], day.date(), chance)


def move_in(settings: Settings, database: Database, size: str | None, seed: int) -> Moved:
    """The demo, made.

    Its card comes last: as long as it is missing everything is done again, and what was done
    already changes nothing.
    """
    folder = settings.home / "demo"
    plan = Plan(size=size or "small", seed=seed, folder=folder)
    begun = monotonic()
    now = clock.now()
    import_retailer(database, plan, now)
    database.transact(lambda tx: draft_terms(tx, now))
    stories = remember(settings, database, plan, now)
    import_retailer(database, plan, now, afterwards=True)
    place_orders(settings, database, plan, now)
    lay_down_rules(database, plan, now)
    if plan.size != LARGE:  # There its worker does it, in the first night.
        value_all(database, SYSTEM, now)
    password = enter_demo_people(database, folder)
    store = busiest_store(database)
    database.transact(lambda tx: lay_desks(tx, office_of(store.id)))
    database.transact(lambda tx: lay_doors(tx, doors_of(store.id)))
    lay_floor(settings, database, store)
    moved = Moved(
        size=plan.size,
        seed=seed,
        key=make_key(database, folder / "key"),
        password=password,
        stories=tuple(Told(**asdict(each)) for each in stories),
    )
    keep(folder / CARD, json.dumps(asdict(moved), indent=1))
    tell(f"  {'in all':<15} {monotonic() - begun:>6.1f} s, {memory_mb()} MB")
    return moved


def lay_down_rules(database: Database, plan: Plan, now: datetime) -> None:
    """Strategies to try and one that counts, a strike that is over, and a simulation to look at."""
    by = replace(person(), name=MERCHANDISER)
    database.transact(lambda tx: draft_strategies(tx, by, now))
    places = database.read(sourcing_snapshot.load)
    known = known_in(places.network, places.delivery)
    carrier = min(each.carrier for each in places.delivery.services)
    at = clock.new_id_source(), now
    database.transact(lambda tx: publish_competing(tx, by, known, now))
    database.transact(lambda tx: have_an_incident_over(tx, by, known, carrier, at))
    if plan.size != LARGE and not database.read(asking.list_simulations):
        source = Source(days=SIMULATED_DAYS)

        def ask(tx: Tx) -> None:
            asking.ask(tx, by, asking.find_drafts(tx, SIMULATED), source, at)

        database.transact(ask)
        run_next(database.url, lambda: now, lambda make: make())


def office_of(store_id: UUID) -> Office:
    by = replace(person(), name=MERCHANDISER)
    return Office(by=by, store_id=store_id, new_id=clock.new_id_source(), now=clock.now())


def doors_of(store_id: UUID) -> Doors:
    return Doors(
        by=replace(person(), name=ADMINISTRATOR),
        store_id=store_id,
        new_id=clock.new_id_source(),
        new_secret=clock.new_secret,
        now=clock.now(),
    )


def memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def import_retailer(
    database: Database, plan: Plan, now: datetime, *, afterwards: bool = False
) -> None:
    """Write the files once, and import them as a retailer would: before the past, and after it."""
    tools = Tools(clock=clock.now, new_id=clock.new_id_source())
    for path in files_of(plan, now):
        kind = path.stem.replace("_", "-")
        if kind == BEGINNING or (kind == AFTERWARDS) != afterwards:
            continue
        errors = path.with_suffix(".errors.csv")
        request = ImportRequest(kind=KINDS[kind], path=path, errors=errors, source=CLIENT)
        done = import_file(database, person(), request, tools)
        assert done.run.state == State.DONE, f"{path.name}: {done.first}"
        tell(f"  {kind:<15} {done.run.rows:>9,} rows, {done.run.created:,} new")


def draft_terms(tx: Tx, now: datetime) -> None:
    """Somebody is writing what a carrier asks from next month on; a lane is still without price.

    As a draft it changes nothing, and one that is there already stays as it is.
    """
    terms = drafting.find_standing(tx).terms[DRAFTED]
    if drafting.find_draft(tx, DRAFTED) is None:
        drafting.save_draft(tx, replace(person(), name=MERCHANDISER), dearer(terms), now)


def dearer(terms: Terms) -> Terms:
    """A fuel surcharge of 4.5 %, an earlier cut-off, and no price yet for the last lane."""
    service = replace(terms.service, surcharge_ppm=45_000, cutoff=time(16, 30))
    *lanes, last = terms.lanes
    return replace(terms, service=service, lanes=(*lanes, replace(last, rates=())))


def files_of(plan: Plan, now: datetime) -> tuple[Path, ...]:
    """The retailer's files: those of the first day, so that a second import is the same."""
    written = plan.files / "files.json"
    if not written.exists():
        tell(f"Writing the demo retailer's files to {plan.files}")
        paths = write_files(plan.files, plan.retailer(now))
        written.write_text(json.dumps([path.name for path in paths]), encoding="utf-8")
    return tuple(plan.files / name for name in json.loads(written.read_text(encoding="utf-8")))


def remember(
    settings: Settings, database: Database, plan: Plan, now: datetime
) -> tuple[Story, ...]:
    """Live the past and write it at once; one that is there already is not lived again."""
    saved = plan.files / "stories.json"
    if database.read(has_orders) and saved.exists():
        told = json.loads(saved.read_text(encoding="utf-8"))
        return tuple(Story(**each) for each in told)
    begun = monotonic()
    lived = live(plan.retailer(now), setting_of(settings, database, plan, now))
    saved.write_text(json.dumps([asdict(each) for each in lived.stories]), encoding="utf-8")
    done = database.transact(lambda tx: write(tx, lived.house, clock.new_id_source(), now))
    tell(
        f"  {f'{DAYS} days':<15} {done.rows:>9,} rows: {done.levels:,} levels, "
        f"{done.orders:,} orders, {done.parcels:,} parcels, {done.facts:,} facts "
        f"in {monotonic() - begun:.1f} s"
    )
    return lived.stories


def has_orders(connection: psycopg.Connection) -> bool:
    row = connection.execute("select exists (select from customer_order)").fetchone()
    return bool(row and row[0])


def setting_of(settings: Settings, database: Database, plan: Plan, now: datetime) -> Setting:
    secret = sha256(clock.new_secret().encode()).digest()
    promises = database.transact(lambda tx: sealing.load(tx, secret, now))
    numbers, serials = order_numbers(database), parcel_serials(database)
    return Setting(
        snapshot=database.read(sourcing_snapshot.load),
        prices=promises.prices,
        company_prefix=settings.company_prefix,
        number=lambda: next(numbers),
        serial=lambda: next(serials),
        seed=plan.seed,
        orders=SIZES[plan.size].orders,
        now=now,
    )


def place_orders(settings: Settings, database: Database, plan: Plan, now: datetime) -> None:
    """Let some shoppers order now, through the same intake as any client; twice is as once."""
    house = plan.retailer(now)
    with furnish(settings, database) as services:
        answers: list[Future[Answered]] = []
        for asked in islice(asks(house, plan), ORDERS_TODAY):
            answers.append(Future())
            services.intake.submit(asked, answers[-1])
        wait(answers)
    placed = sum(answer.result().answer.status == 201 for answer in answers)
    refused = ORDERS_TODAY - placed
    tell(f"  {'orders now':<15} {placed:>9} placed, {refused} refused for lack of stock")


def asks(house: Retailer, plan: Plan) -> Iterator[Asked]:
    chance = Random(plan.seed)  # noqa: S311 - chance by seed
    for body in order_bodies(house, chance, first=2 * SIZES[plan.size].orders):
        request = request_of(msgspec.convert(body, OrderAsked))
        digest = idempotency.digest("POST", "/v1/orders", body)
        key = Key(SYSTEM.client_id, f"demo-{body['external_id']}", digest)
        yield Asked(request=request, key=key, by=person())


def make_key(database: Database, saved: Path) -> str:
    """A key that may do everything, kept beside the demo for whoever tries the documents."""
    new_id = clock.new_id_source()
    request = KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client=CLIENT,
        secret=clock.new_secret(),
        scopes=frozenset({Scope.ALL}),
    )
    keep(saved, token_of(request.secret))
    database.transact(lambda tx: create_key(tx, person(), request, clock.now()))
    return token_of(request.secret)
